// Products of bytes for processors with AVX2 and without VNNI. Included by kernels_avx2.c.
//
// `vpmaddubsw` adds two products of an unsigned and a signed byte in 16 bits. Weights are scaled so that two such sums
// still fit for whatever activations (the magnitudes of the four weights add up to at most PLUMB_BYTE_GROUP): one
// widening to 32 bits then serves four products and not two, a third less work for the multiplying ports.
#include <immintrin.h>

#include "CKernels.h"

#define PANEL 16      // outputs in a panel
#define STEP 8        // inputs in a step
#define ROW_BLOCK 96  // rows whose bytes stay in the second-level cache while all panels pass

/// A few rows by one panel: 32-bit sums. Three rows are what 16 registers hold without spilling.
#define DEFINE_BYTE_TILE(ROWS)                                                                                \
  INLINE void byte_tile_##ROWS(const uint8_t *a, size_t stride, const int8_t *w, size_t steps,               \
                               int32_t sums[ROWS][PANEL]) {                                                  \
    const __m256i ones = _mm256_set1_epi16(1);                                                               \
    __m256i low[ROWS], high[ROWS];                                                                           \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) low[r] = high[r] = _mm256_setzero_si256(); \
    for (const int8_t *end = w + steps * PANEL * STEP; w < end; w += PANEL * STEP, a += STEP) {                                                  \
      const __m256i w00 = _mm256_loadu_si256((const __m256i *)w);                                            \
      const __m256i w01 = _mm256_loadu_si256((const __m256i *)(w + 32));                                     \
      const __m256i w10 = _mm256_loadu_si256((const __m256i *)(w + 64));                                     \
      const __m256i w11 = _mm256_loadu_si256((const __m256i *)(w + 96));                                     \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                                    \
        int32_t x0, x1;                                                                                      \
        memcpy(&x0, a + r * stride, 4);                                                           \
        memcpy(&x1, a + r * stride + 4, 4);                                                       \
        const __m256i b0 = _mm256_set1_epi32(x0), b1 = _mm256_set1_epi32(x1);                                \
        const __m256i p0 = _mm256_add_epi16(_mm256_maddubs_epi16(b0, w00), _mm256_maddubs_epi16(b1, w10));   \
        const __m256i p1 = _mm256_add_epi16(_mm256_maddubs_epi16(b0, w01), _mm256_maddubs_epi16(b1, w11));   \
        low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(p0, ones));                                      \
        high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(p1, ones));                                    \
      }                                                                                                      \
    }                                                                                                        \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                                      \
      _mm256_storeu_si256((__m256i *)sums[r], low[r]);                                                       \
      _mm256_storeu_si256((__m256i *)(sums[r] + 8), high[r]);                                                \
    }                                                                                                        \
  }
DEFINE_BYTE_TILE(3)
DEFINE_BYTE_TILE(1)

/// Turns a vector of sums into numbers.
INLINE vf scaled(const int32_t *sums, vi column_sums, vf column_scales, plumb_row_scale row) {
  vi total;
  memcpy(&total, sums, sizeof total);
  return __builtin_convertvector(total - column_sums * row.zero, vf) * (column_scales * row.scale);
}

/// Scales the sums of some rows by a panel of which all outputs are there, and does what follows the product.
INLINE void finish_panel(const plumb_byte_product *p, size_t row, size_t rows, size_t first,
                         const int32_t sums[][PANEL]) {
  for (size_t i = 0; i < PANEL; i += LANES) {
    vi column_sums;
    memcpy(&column_sums, p->column_sums + first + i, sizeof column_sums);
    const vf column_scales = load(p->column_scales + first + i);
    const vf bias = p->bias ? load(p->bias + first + i) : (vf){0};
    float *to = p->destination + row * p->destination_stride + first + i;
    for (size_t r = 0; r < rows; r++, to += p->destination_stride) {
      vf y = scaled(sums[r] + i, column_sums, column_scales, p->rows[row + r]) + bias;
      store(to, p->epilogue == PLUMB_ADD ? y + load(to) : followed(y, p->epilogue));
    }
  }
}

/// The same for the last panel of outputs that are not a multiple of 16.
static void finish_partial_panel(const plumb_byte_product *p, size_t row, size_t rows, size_t first,
                                 const int32_t sums[][PANEL]) {
  const size_t count = p->outputs - first;
  for (size_t r = 0; r < rows; r++) {
    float *to = p->destination + (row + r) * p->destination_stride + first;
    for (size_t i = 0; i < count; i += LANES) {
      const size_t some = count - i < LANES ? count - i : LANES;
      vi column_sums = {0};
      memcpy(&column_sums, p->column_sums + first + i, some * sizeof(int32_t));
      vf y = scaled(sums[r] + i, column_sums, load_some(p->column_scales + first + i, some), p->rows[row + r]);
      if (p->bias) y += load_some(p->bias + first + i, some);
      if (p->epilogue == PLUMB_ADD) y += load_some(to + i, some);
      store_some(to + i, followed(y, p->epilogue), some);
    }
  }
}

INLINE void finish(const plumb_byte_product *p, size_t row, size_t rows, size_t first,
                   const int32_t sums[][PANEL]) {
  if (first + PANEL <= p->outputs)
    finish_panel(p, row, rows, first, sums);
  else
    finish_partial_panel(p, row, rows, first, sums);
}

void plumb_byte_product_avx2(const plumb_byte_product *p) {
  const size_t steps = p->inputs / STEP;
  int32_t sums[3][PANEL];
  for (size_t block = 0; block < p->row_count; block += ROW_BLOCK) {
    const size_t end = block + ROW_BLOCK < p->row_count ? block + ROW_BLOCK : p->row_count;
    for (size_t first = 0; first < p->outputs; first += PANEL) {
      const int8_t *panel = p->panels + first * p->inputs;
      size_t row = block;
      for (; row + 3 <= end; row += 3) {
        byte_tile_3(p->source + row * p->source_stride, p->source_stride, panel, steps, sums);
        finish(p, row, 3, first, sums);
      }
      for (; row < end; row++) {
        byte_tile_1(p->source + row * p->source_stride, p->source_stride, panel, steps, sums);
        finish(p, row, 1, first, sums);
      }
    }
  }
}
