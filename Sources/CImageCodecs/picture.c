#include "picture.h"

#include <stdio.h>
#include <stdlib.h>

void picture_free(picture *picture) {
  free(picture->pixels);
  picture->pixels = NULL;
}

picture_status picture_allocate(picture *out, uint64_t width, uint64_t height, uint64_t pixel_limit) {
  if (width == 0 || height == 0) return picture_fail(out, picture_damaged, "it has no pixels");
  if (width > INT32_MAX || height > INT32_MAX) return picture_fail(out, picture_damaged, "its size is absurd");
  out->width = (uint32_t)width;
  out->height = (uint32_t)height;
  // Both factors are below 2^31, so the product cannot wrap; times three it fits a size_t of 64 bits.
  const uint64_t pixels = width * height;
  if (pixels > pixel_limit) return picture_fail(out, picture_too_large, "");
  if (pixels > SIZE_MAX / 3) return picture_fail(out, picture_out_of_memory, "");
  out->pixels = malloc((size_t)pixels * 3);
  if (out->pixels == NULL) return picture_fail(out, picture_out_of_memory, "");
  return picture_ok;
}

picture_status picture_fail(picture *out, picture_status status, const char *message) {
  snprintf(out->message, sizeof out->message, "%s", message);
  picture_free(out);
  return status;
}
