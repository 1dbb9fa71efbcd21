#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"

// The loops are written with the compiler's vectors and built twice on x86: for any processor, and for those with
// AVX2, which is chosen when the process first resamples. Sums of integers do not depend on their order, so every
// build gives the same bytes as Pillow's plain loops.

enum { fraction_bits = 22, lanes = 8 };

typedef uint8_t u8x8 __attribute__((vector_size(8)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int32_t i32x8 __attribute__((vector_size(32)));

#define KERNEL static inline __attribute__((always_inline))

/// The eight sums, rounded already, as bytes.
KERNEL void store_bytes(const i32x8 *sums, uint8_t *target) {
  i32x8 value = *sums >> fraction_bits;
  value = __builtin_elementwise_max(value, (i32x8){0});
  value = __builtin_elementwise_min(value, (i32x8){0} + 255);
  const u8x8 bytes = __builtin_convertvector(value, u8x8);
  memcpy(target, &bytes, sizeof bytes);
}

KERNEL void add_product(i32x8 *sums, const uint8_t *bytes, int32_t weight) {
  u8x8 loaded;
  memcpy(&loaded, bytes, sizeof loaded);
  *sums += __builtin_convertvector(loaded, i32x8) * weight;
}

#define LOW_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

/// Transposes 8 × 8 bytes: `target` holds the eight bytes of column 0, then of column 1 …
KERNEL void transpose(const uint8_t *const rows[lanes], size_t offset, uint8_t *target) {
  u8x16 r[lanes];
  for (int i = 0; i < lanes; i++) {
    r[i] = (u8x16){0};
    memcpy(&r[i], rows[i] + offset, 8);
  }
  const u8x16 a = __builtin_shufflevector(r[0], r[4], LOW_HALVES);
  const u8x16 b = __builtin_shufflevector(r[1], r[5], LOW_HALVES);
  const u8x16 c = __builtin_shufflevector(r[2], r[6], LOW_HALVES);
  const u8x16 d = __builtin_shufflevector(r[3], r[7], LOW_HALVES);
  const u8x16 e = __builtin_shufflevector(a, c, LOW_HALVES);
  const u8x16 f = __builtin_shufflevector(a, c, HIGH_HALVES);
  const u8x16 g = __builtin_shufflevector(b, d, LOW_HALVES);
  const u8x16 h = __builtin_shufflevector(b, d, HIGH_HALVES);
  const u8x16 out[4] = {
      __builtin_shufflevector(e, g, LOW_HALVES), __builtin_shufflevector(e, g, HIGH_HALVES),
      __builtin_shufflevector(f, h, LOW_HALVES), __builtin_shufflevector(f, h, HIGH_HALVES)};
  memcpy(target, out, sizeof out);
}

/// Eight rows at once: they are transposed, so that a weight meets the same sample of eight rows.
/// `columns` holds `samples` (a multiple of 8) × 8 bytes; `results` the same for the outputs.
KERNEL void widen_eight_rows(
    const uint8_t *const rows[lanes], size_t samples, size_t first, const resampling_weights *w,
    uint8_t *columns, uint8_t *results, uint8_t *const targets[lanes]) {
  // The last, partial block is moved left so that it never reads past the row (unless the row is shorter than 8).
  size_t s = 0;
  for (; s + lanes <= samples; s += lanes) transpose(rows, s, columns + s * lanes);
  for (; s < samples; s++) {
    for (int i = 0; i < lanes; i++) columns[s * lanes + i] = rows[i][s];
  }

  const i32x8 half = (i32x8){0} + (1 << (fraction_bits - 1));
  for (size_t x = 0; x < w->outputs; x++) {
    const size_t start = (size_t)w->bounds[2 * x] - first, count = (size_t)w->bounds[2 * x + 1];
    const int32_t *weights = w->weights + x * w->stride;
    const uint8_t *column = columns + start * 3 * lanes;
    i32x8 red = half, green = half, blue = half;
    for (size_t k = 0; k < count; k++, column += 3 * lanes) {
      add_product(&red, column, weights[k]);
      add_product(&green, column + lanes, weights[k]);
      add_product(&blue, column + 2 * lanes, weights[k]);
    }
    store_bytes(&red, results + (x * 3) * lanes);
    store_bytes(&green, results + (x * 3 + 1) * lanes);
    store_bytes(&blue, results + (x * 3 + 2) * lanes);
  }

  const size_t outputs = w->outputs * 3;
  s = 0;
  for (; s + lanes <= outputs; s += lanes) {
    const uint8_t *block[lanes];
    for (int i = 0; i < lanes; i++) block[i] = results + (s + (size_t)i) * lanes;
    uint8_t back[lanes * lanes];
    transpose(block, 0, back);
    for (int i = 0; i < lanes; i++) memcpy(targets[i] + s, back + i * lanes, lanes);
  }
  for (; s < outputs; s++) {
    for (int i = 0; i < lanes; i++) targets[i][s] = results[s * lanes + i];
  }
}

KERNEL int width_body(
    const uint8_t *input, size_t input_row_bytes, size_t rows, size_t first, size_t columns,
    const resampling_weights *w, uint8_t *output) {
  const size_t samples = columns * 3, outputs = w->outputs * 3;
  uint8_t *scratch = malloc((samples + outputs) * lanes + 1);
  if (scratch == NULL) return -1;
  for (size_t y = 0; y < rows; y += lanes) {
    const uint8_t *sources[lanes];
    uint8_t *targets[lanes];
    for (size_t i = 0; i < lanes; i++) {
      // Fewer than eight rows are left at the end: the last one is computed again, in place of those missing.
      const size_t row = y + i < rows ? y + i : rows - 1;
      sources[i] = input + row * input_row_bytes + first * 3;
      targets[i] = output + row * outputs;
    }
    widen_eight_rows(sources, samples, first, w, scratch, scratch + samples * lanes, targets);
  }
  free(scratch);
  return 0;
}

KERNEL void height_body(
    const uint8_t *input, size_t input_row_bytes, size_t row_bytes, const resampling_weights *w,
    uint8_t *output) {
  const i32x8 half = (i32x8){0} + (1 << (fraction_bits - 1));
  for (size_t y = 0; y < w->outputs; y++, output += row_bytes) {
    const uint8_t *top = input + (size_t)w->bounds[2 * y] * input_row_bytes;
    const size_t count = (size_t)w->bounds[2 * y + 1];
    const int32_t *weights = w->weights + y * w->stride;
    size_t x = 0;
    for (; x + 4 * lanes <= row_bytes; x += 4 * lanes) {
      i32x8 sums[4] = {half, half, half, half};
      const uint8_t *in = top + x;
      for (size_t k = 0; k < count; k++, in += input_row_bytes) {
        for (int j = 0; j < 4; j++) add_product(&sums[j], in + j * lanes, weights[k]);
      }
      for (int j = 0; j < 4; j++) store_bytes(&sums[j], output + x + j * lanes);
    }
    for (; x < row_bytes; x++) {
      int32_t sum = 1 << (fraction_bits - 1);
      for (size_t k = 0; k < count; k++) sum += top[k * input_row_bytes + x] * weights[k];
      sum >>= fraction_bits;
      output[x] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static int width_avx2(
    const uint8_t *input, size_t input_row_bytes, size_t rows, size_t first, size_t columns,
    const resampling_weights *w, uint8_t *output) {
  return width_body(input, input_row_bytes, rows, first, columns, w, output);
}

__attribute__((target("avx2"))) static void height_avx2(
    const uint8_t *input, size_t input_row_bytes, size_t row_bytes, const resampling_weights *w,
    uint8_t *output) {
  height_body(input, input_row_bytes, row_bytes, w, output);
}

#define HAS_AVX2 __builtin_cpu_supports("avx2")
#else
#define HAS_AVX2 0
#define width_avx2 width_body
#define height_avx2 height_body
#endif

int resample_width(
    const uint8_t *input, size_t input_row_bytes, size_t rows, size_t first, size_t columns,
    const resampling_weights *weights, resampling_build build, uint8_t *output) {
  if (HAS_AVX2 && build == resampling_build_native) {
    return width_avx2(input, input_row_bytes, rows, first, columns, weights, output);
  }
  return width_body(input, input_row_bytes, rows, first, columns, weights, output);
}

void resample_height(
    const uint8_t *input, size_t input_row_bytes, size_t row_bytes, const resampling_weights *weights,
    resampling_build build, uint8_t *output) {
  if (HAS_AVX2 && build == resampling_build_native) {
    height_avx2(input, input_row_bytes, row_bytes, weights, output);
  } else {
    height_body(input, input_row_bytes, row_bytes, weights, output);
  }
}
