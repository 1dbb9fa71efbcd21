#pragma once

#include "CImageCodecs.h"

/// Checks the size against the limit and takes memory for the pixels.
image_status image_allocate(image *out, uint64_t width, uint64_t height, uint64_t pixel_limit);

/// Takes memory for the plane of a mode and sets the mode; what was allocated is freed where there is none.
image_status image_allocate_plane(image *out, image_mode mode);

/// Copies a palette.
image_status image_set_palette(image *out, const uint8_t colors[256][4]);

/// Writes the message of a failure, frees the pixels, and returns `status`.
image_status image_fail(image *out, image_status status, const char *message);

/// Lays one RGBA pixel over white as Pillow's `alpha_composite` rounds.
static inline void image_over_white(const uint8_t *rgba, uint8_t *rgb) {
  // Over an opaque backdrop Pillow's two coefficients, with 7 extra bits, are alpha · 128 and the rest of 255 · 128.
  const uint32_t own = (uint32_t)rgba[3] << 7;
  const uint32_t white = (255u << 7) - own;
  for (int c = 0; c < 3; c++) {
    const uint32_t sum = rgba[c] * own + 255u * white + (0x80u << 7);
    rgb[c] = (uint8_t)((((sum >> 8) + sum) >> 8) >> 7);
  }
}

/// Takes a row of RGBA apart, or lays it over white, as the conversion says; with `image_as_stored` the plane is there.
static inline void image_put_rgba(
    const uint8_t *rgba, size_t width, image_conversion conversion, image *out, size_t row) {
  uint8_t *rgb = out->pixels + row * width * 3;
  for (size_t x = 0; x < width; x++, rgba += 4, rgb += 3) {
    if (conversion == image_to_rgb_over_white) {
      image_over_white(rgba, rgb);
    } else {
      rgb[0] = rgba[0], rgb[1] = rgba[1], rgb[2] = rgba[2];
      if (out->mode == image_mode_alpha) out->plane[row * width + x] = rgba[3];
    }
  }
}
