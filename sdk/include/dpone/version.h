/* The version of this SDK and of the connector ABI. */
#ifndef DPONE_VERSION_H
#define DPONE_VERSION_H

#define DPONE_VERSION_MAJOR 1
#define DPONE_VERSION_MINOR 0
#define DPONE_VERSION_PATCH 0
#define DPONE_VERSION "1.0.0"

/* Number of the binary contract of these headers. It changes on breaks only: members appended to a struct are
 * told apart by that struct's struct_size, never by this number. */
#define DPONE_ABI_VERSION 1u

#endif
