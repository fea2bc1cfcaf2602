/* A private redis-server on a Unix socket, without a port and without files. */
#include "system.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char socket_path[SYSTEM_TEXT_BYTES];
static pid_t server;

static redisContext *look(void) {
    redisContext *context = redisConnectUnix(socket_path);
    if (context != NULL && context->err == 0)
        return context;
    if (context != NULL)
        redisFree(context);
    return NULL;
}

const char *system_start(const char *directory, char address[SYSTEM_TEXT_BYTES]) {
    const struct timespec pause = {0, 20000000};
    (void)snprintf(socket_path, sizeof(socket_path), "%s/redis.sock", directory);
    (void)snprintf(address, SYSTEM_TEXT_BYTES, "%s", socket_path);
    if (system("command -v redis-server >/dev/null") != 0)
        return "redis-server";
    server = fork();
    if (server == 0) {
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path, "--save", "",
               "--appendonly", "no", "--dir", directory, "--logfile", "redis.log", (char *)NULL);
        _exit(127);
    }
    for (int tries = 0; tries < 250; tries++) {
        redisContext *context = look();
        if (context != NULL) {
            redisFree(context);
            return NULL;
        }
        (void)nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, "redis-server did not start below %s\n", directory);
    exit(3);
}

void system_stop(void) {
    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }
}

/* The value of a field of one entry, "NULL" when it is not there. */
static const char *field(const redisReply *fields, const char *name) {
    for (size_t i = 0; i + 1 < fields->elements; i += 2)
        if (strcmp(fields->element[i]->str, name) == 0)
            return fields->element[i + 1]->str;
    return "NULL";
}

void system_dump(const char *target, char out[SYSTEM_TEXT_BYTES]) {
    size_t size = 0;
    redisContext *context = look();
    redisReply *version = redisCommand(context, "HGET dpone:{%s}:current version", target);
    (void)snprintf(out, SYSTEM_TEXT_BYTES, "%s", version->type == REDIS_REPLY_STRING ? "" : "absent");
    if (version->type == REDIS_REPLY_STRING) {
        redisReply *rows = redisCommand(context, "XRANGE dpone:{%s}:%s - +", target, version->str);
        for (size_t i = 0; i < rows->elements && size < SYSTEM_TEXT_BYTES; i++) {
            const redisReply *fields = rows->element[i]->element[1];
            size += (size_t)snprintf(out + size, SYSTEM_TEXT_BYTES - size, "%s|%s|%s\n", field(fields, "id"),
                                     field(fields, "score"), field(fields, "name"));
        }
        freeReplyObject(rows);
    }
    freeReplyObject(version);
    redisFree(context);
}

/* Streams that are not the current version. */
int system_count_stages(const char *target) {
    redisContext *context = look();
    redisReply *keys = redisCommand(context, "KEYS dpone:{%s}:stage_*", target);
    redisReply *version = redisCommand(context, "HGET dpone:{%s}:current version", target);
    int count = (int)keys->elements - (version->type == REDIS_REPLY_STRING);
    freeReplyObject(keys);
    freeReplyObject(version);
    redisFree(context);
    return count;
}
