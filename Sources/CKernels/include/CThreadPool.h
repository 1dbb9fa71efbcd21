/// A few threads that do one thing together, again and again.
///
/// A transformer's block has half a dozen steps of tens of microseconds when a single image goes through it;
/// waking a sleeping thread for each would cost as much as the step. The members therefore wait for the next
/// step actively for a short while, and sleep only after it.
#pragma once
#include <stdint.h>

typedef struct plumb_thread_pool plumb_thread_pool;

/// A pool of `members` threads, the calling one included. Null when threads cannot be had.
plumb_thread_pool *plumb_thread_pool_create(int32_t members);
/// Ends the threads. No step may be running.
void plumb_thread_pool_destroy(plumb_thread_pool *pool);
/// Calls `step(context, member)` once for each member, 0 on the calling thread, and returns when all are done.
/// One call at a time.
void plumb_thread_pool_run(plumb_thread_pool *pool, void (*step)(void *context, int32_t member), void *context);
