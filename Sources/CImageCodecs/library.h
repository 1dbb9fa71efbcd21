#pragma once

#include <dlfcn.h>
#include <stddef.h>

/// Opens the first library of a list that ends in NULL, for as long as the process lives.
static inline void *image_open_library(const char *const names[]) {
  for (size_t i = 0; names[i] != NULL; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) return library;
  }
  return NULL;
}

/// Finds a function; 0 where the library has none of that name.
#define IMAGE_FIND(library, table, member, name) \
  ((*(void **)&(table).member = dlsym(library, name)) != NULL)
