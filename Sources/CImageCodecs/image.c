#include "image.h"

#include <stdio.h>
#include <stdlib.h>

void image_free(image *image) {
  free(image->pixels);
  free(image->plane);
  free(image->palette);
  image->pixels = image->plane = image->palette = NULL;
}

image_status image_allocate(image *out, uint64_t width, uint64_t height, uint64_t pixel_limit) {
  if (width == 0 || height == 0) return image_fail(out, image_damaged, "it has no pixels");
  if (width > INT32_MAX || height > INT32_MAX) return image_fail(out, image_damaged, "its size is absurd");
  out->width = (uint32_t)width;
  out->height = (uint32_t)height;
  // Both factors are below 2^31, so the product cannot wrap; times three it fits a size_t of 64 bits.
  const uint64_t pixels = width * height;
  if (pixels > pixel_limit) return image_fail(out, image_too_large, "");
  if (pixels > SIZE_MAX / 3) return image_fail(out, image_out_of_memory, "");
  out->pixels = malloc((size_t)pixels * 3);
  if (out->pixels == NULL) return image_fail(out, image_out_of_memory, "");
  return image_ok;
}

image_status image_fail(image *out, image_status status, const char *message) {
  snprintf(out->message, sizeof out->message, "%s", message);
  image_free(out);
  return status;
}

image_status image_allocate_plane(image *out, image_mode mode) {
  // The pixels have been allocated, so three bytes a pixel fit a size_t.
  out->plane = malloc((size_t)out->width * out->height * image_plane_width(mode));
  if (out->plane == NULL) return image_fail(out, image_out_of_memory, "");
  out->mode = mode;
  return image_ok;
}

image_status image_set_palette(image *out, const uint8_t colors[256][4]) {
  out->palette = malloc(256 * 3);
  if (out->palette == NULL) return image_fail(out, image_out_of_memory, "");
  for (int i = 0; i < 256; i++) {
    for (int c = 0; c < 3; c++) out->palette[3 * i + c] = colors[i][c];
  }
  return image_ok;
}

void image_multiply_alpha(const uint8_t *rgb, const uint8_t *alpha, size_t pixels, uint8_t *out) {
  for (size_t i = 0; i < pixels; i++, rgb += 3, out += 3) {
    for (int c = 0; c < 3; c++) {
      const uint32_t product = (uint32_t)rgb[c] * alpha[i] + 128;
      out[c] = (uint8_t)(((product >> 8) + product) >> 8);
    }
  }
}

void image_divide_alpha(uint8_t *rgb, const uint8_t *alpha, size_t stride, size_t pixels) {
  for (size_t i = 0; i < pixels; i++, rgb += 3, alpha += stride) {
    if (*alpha == 255 || *alpha == 0) continue;
    for (int c = 0; c < 3; c++) {
      const uint32_t value = 255u * rgb[c] / *alpha;
      rgb[c] = (uint8_t)(value > 255 ? 255 : value);
    }
  }
}
