/* Numbers as they travel: big-endian. */
#ifndef DPONE_CONNECTOR_POSTGRES_WIRE_H
#define DPONE_CONNECTOR_POSTGRES_WIRE_H

#include <stddef.h>
#include <stdint.h>

static inline void postgres_wire_put16(uint8_t *out, uint16_t value) {
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static inline void postgres_wire_put32(uint8_t *out, uint32_t value) {
    postgres_wire_put16(out, (uint16_t)(value >> 16));
    postgres_wire_put16(out + 2, (uint16_t)value);
}

static inline void postgres_wire_put64(uint8_t *out, uint64_t value) {
    postgres_wire_put32(out, (uint32_t)(value >> 32));
    postgres_wire_put32(out + 4, (uint32_t)value);
}

static inline uint16_t postgres_wire_get16(const uint8_t *data) {
    return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t postgres_wire_get32(const uint8_t *data) {
    return (uint32_t)postgres_wire_get16(data) << 16 | postgres_wire_get16(data + 2);
}

static inline uint64_t postgres_wire_get64(const uint8_t *data) {
    return (uint64_t)postgres_wire_get32(data) << 32 | postgres_wire_get32(data + 4);
}

#endif
