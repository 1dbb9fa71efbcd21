#define _GNU_SOURCE
#include "CTeam.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  plumb_team *team;
  int32_t number;
  pthread_t thread;
} member;

struct plumb_team {
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
static void await_round(plumb_team *team, uint32_t seen) {
  const double until = seconds() + 200e-6;
  do {
    for (int i = 0; i < 64; i++) {
      if (atomic_load_explicit(&team->round, memory_order_acquire) != seen) return;
      pause_briefly();
    }
  } while (seconds() < until);
  pthread_mutex_lock(&team->lock);
  while (atomic_load_explicit(&team->round, memory_order_acquire) == seen)
    pthread_cond_wait(&team->changed, &team->lock);
  pthread_mutex_unlock(&team->lock);
}

static void *live(void *argument) {
  member *self = argument;
  plumb_team *team = self->team;
  for (uint32_t seen = 0;; seen++) {
    await_round(team, seen);
    if (atomic_load_explicit(&team->is_over, memory_order_acquire)) return NULL;
    team->step(team->context, self->number);
    atomic_fetch_sub_explicit(&team->working, 1, memory_order_release);
  }
}

plumb_team *plumb_team_create(int32_t members) {
  if (members < 1) members = 1;
  plumb_team *team = calloc(1, sizeof *team + (size_t)members * sizeof(member));
  if (!team) return NULL;
  team->members = members;
  pthread_mutex_init(&team->lock, NULL);
  pthread_cond_init(&team->changed, NULL);
  for (int32_t i = 1; i < members; i++) {
    member *m = &team->list[i];
    m->team = team;
    m->number = i;
    if (pthread_create(&m->thread, NULL, live, m) != 0) {
      plumb_team_destroy(team);
      return NULL;
    }
    team->started++;
  }
  return team;
}

static void announce(plumb_team *team) {
  pthread_mutex_lock(&team->lock);
  atomic_fetch_add_explicit(&team->round, 1, memory_order_release);
  pthread_cond_broadcast(&team->changed);
  pthread_mutex_unlock(&team->lock);
}

void plumb_team_destroy(plumb_team *team) {
  if (!team) return;
  atomic_store_explicit(&team->is_over, 1, memory_order_release);
  announce(team);
  for (int32_t i = 1; i <= team->started; i++) pthread_join(team->list[i].thread, NULL);
  pthread_cond_destroy(&team->changed);
  pthread_mutex_destroy(&team->lock);
  free(team);
}

void plumb_team_run(plumb_team *team, void (*step)(void *, int32_t), void *context) {
  if (team->members > 1) {
    team->step = step;
    team->context = context;
    atomic_store_explicit(&team->working, team->members - 1, memory_order_relaxed);
    announce(team);
  }
  step(context, 0);
  // The others finish at about the same time; when one is late, give its thread the processor.
  for (int spins = 0; team->members > 1 && atomic_load_explicit(&team->working, memory_order_acquire) > 0;) {
    if (++spins < 2000) {
      pause_briefly();
    } else {
      struct timespec moment = {0, 20000};
      nanosleep(&moment, NULL);
    }
  }
}
