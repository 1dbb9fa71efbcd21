#pragma once

#include "CImageCodecs.h"

/// Checks the size against the limit and takes memory for the pixels.
picture_status picture_allocate(picture *out, uint64_t width, uint64_t height, uint64_t pixel_limit);

/// Writes the message of a failure, frees the pixels, and returns `status`.
picture_status picture_fail(picture *out, picture_status status, const char *message);

/// Lays one RGBA pixel over white as Pillow's `alpha_composite` rounds.
static inline void picture_over_white(const uint8_t *rgba, uint8_t *rgb) {
  // Over an opaque backdrop Pillow's two coefficients, with 7 extra bits, are alpha · 128 and the rest of 255 · 128.
  const uint32_t own = (uint32_t)rgba[3] << 7;
  const uint32_t white = (255u << 7) - own;
  for (int c = 0; c < 3; c++) {
    const uint32_t sum = rgba[c] * own + 255u * white + (0x80u << 7);
    rgb[c] = (uint8_t)((((sum >> 8) + sum) >> 8) >> 7);
  }
}
