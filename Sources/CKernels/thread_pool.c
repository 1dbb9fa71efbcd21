#define _GNU_SOURCE
#include "CThreadPool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  plumb_thread_pool *pool;
  int32_t number;
  pthread_t thread;
} member;

struct plumb_thread_pool {
  int32_t members, started;
  void (*step)(void *, int32_t);
  void *context;
  _Atomic uint32_t round;   // grows by one with every step
  _Atomic int32_t working;  // members other than the caller that have not finished the step
  _Atomic int is_over;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  member list[];
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/// Waits until `round` is no longer `seen`, at first actively.
static void await_round(plumb_thread_pool *pool, uint32_t seen) {
  const double until = seconds() + 200e-6;
  do {
    for (int i = 0; i < 64; i++) {
      if (atomic_load_explicit(&pool->round, memory_order_acquire) != seen) return;
      pause_briefly();
    }
  } while (seconds() < until);
  pthread_mutex_lock(&pool->lock);
  while (atomic_load_explicit(&pool->round, memory_order_acquire) == seen)
    pthread_cond_wait(&pool->changed, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

static void *live(void *argument) {
  member *self = argument;
  plumb_thread_pool *pool = self->pool;
  for (uint32_t seen = 0;; seen++) {
    await_round(pool, seen);
    if (atomic_load_explicit(&pool->is_over, memory_order_acquire)) return NULL;
    pool->step(pool->context, self->number);
    atomic_fetch_sub_explicit(&pool->working, 1, memory_order_release);
  }
}

plumb_thread_pool *plumb_thread_pool_create(int32_t members) {
  if (members < 1) members = 1;
  plumb_thread_pool *pool = calloc(1, sizeof *pool + (size_t)members * sizeof(member));
  if (!pool) return NULL;
  pool->members = members;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->changed, NULL);
  for (int32_t i = 1; i < members; i++) {
    member *m = &pool->list[i];
    m->pool = pool;
    m->number = i;
    if (pthread_create(&m->thread, NULL, live, m) != 0) {
      plumb_thread_pool_destroy(pool);
      return NULL;
    }
    pool->started++;
  }
  return pool;
}

static void announce(plumb_thread_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  atomic_fetch_add_explicit(&pool->round, 1, memory_order_release);
  pthread_cond_broadcast(&pool->changed);
  pthread_mutex_unlock(&pool->lock);
}

void plumb_thread_pool_destroy(plumb_thread_pool *pool) {
  if (!pool) return;
  atomic_store_explicit(&pool->is_over, 1, memory_order_release);
  announce(pool);
  for (int32_t i = 1; i <= pool->started; i++) pthread_join(pool->list[i].thread, NULL);
  pthread_cond_destroy(&pool->changed);
  pthread_mutex_destroy(&pool->lock);
  free(pool);
}

void plumb_thread_pool_run(plumb_thread_pool *pool, void (*step)(void *, int32_t), void *context) {
  if (pool->members > 1) {
    pool->step = step;
    pool->context = context;
    atomic_store_explicit(&pool->working, pool->members - 1, memory_order_relaxed);
    announce(pool);
  }
  step(context, 0);
  // The others finish at about the same time; when one is late, give its thread the processor.
  for (int spins = 0; pool->members > 1 && atomic_load_explicit(&pool->working, memory_order_acquire) > 0;) {
    if (++spins < 2000) {
      pause_briefly();
    } else {
      struct timespec moment = {0, 20000};
      nanosleep(&moment, NULL);
    }
  }
}
