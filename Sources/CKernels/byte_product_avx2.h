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

/// 4 rows (or fewer) by one panel: 32-bit sums.
#define DEFINE_BYTE_TILE(ROWS)                                                                                \
  INLINE void byte_tile_##ROWS(const uint8_t *a, size_t stride, const int8_t *w, size_t steps,               \
                               int32_t sums[ROWS][PANEL]) {                                                  \
    const __m256i ones = _mm256_set1_epi16(1);                                                               \
    __m256i low[ROWS], high[ROWS];                                                                           \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) low[r] = high[r] = _mm256_setzero_si256(); \
    for (size_t s = 0; s < steps; s++, w += PANEL * STEP) {                                                  \
      const __m256i w00 = _mm256_loadu_si256((const __m256i *)w);                                            \
      const __m256i w01 = _mm256_loadu_si256((const __m256i *)(w + 32));                                     \
      const __m256i w10 = _mm256_loadu_si256((const __m256i *)(w + 64));                                     \
      const __m256i w11 = _mm256_loadu_si256((const __m256i *)(w + 96));                                     \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                                    \
        int32_t x0, x1;                                                                                      \
        memcpy(&x0, a + r * stride + s * STEP, 4);                                                           \
        memcpy(&x1, a + r * stride + s * STEP + 4, 4);                                                       \
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
DEFINE_BYTE_TILE(4)
DEFINE_BYTE_TILE(1)

/// Scales the sums of one row and one panel, and does what follows the product.
INLINE void finish_bytes(const plumb_byte_product *p, size_t row, size_t first, const int32_t *sums) {
  const size_t count = p->outputs - first < PANEL ? p->outputs - first : PANEL;
  const plumb_row_scale scale = p->rows[row];
  float *to = p->destination + row * p->destination_stride + first;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t some = count - i < LANES ? count - i : LANES;
    vi total, column_sums = {0};
    memcpy(&total, sums + i, sizeof total);
    memcpy(&column_sums, p->column_sums + first + i, some * sizeof(int32_t));
    vf y = __builtin_convertvector(total - column_sums * scale.zero, vf) *
           (load_some(p->column_scales + first + i, some) * scale.scale);
    if (p->bias) y += load_some(p->bias + first + i, some);
    if (p->epilogue == PLUMB_ADD) y += load_some(to + i, some);
    if (p->epilogue == PLUMB_QUICK_GELU) y = quick_gelu_of(y);
    if (p->epilogue == PLUMB_GELU) y = gelu_of(y);
    if (some == LANES)
      store(to + i, y);
    else
      store_some(to + i, y, some);
  }
}

static void byte_product(const plumb_byte_product *p) {
  const size_t steps = p->inputs / STEP;
  int32_t sums[4][PANEL];
  for (size_t block = 0; block < p->row_count; block += ROW_BLOCK) {
    const size_t end = block + ROW_BLOCK < p->row_count ? block + ROW_BLOCK : p->row_count;
    for (size_t first = 0; first < p->outputs; first += PANEL) {
      const int8_t *panel = p->panels + first * p->inputs;
      size_t row = block;
      for (; row + 4 <= end; row += 4) {
        byte_tile_4(p->source + row * p->source_stride, p->source_stride, panel, steps, sums);
        for (size_t r = 0; r < 4; r++) finish_bytes(p, row + r, first, sums[r]);
      }
      for (; row < end; row++) {
        byte_tile_1(p->source + row * p->source_stride, p->source_stride, panel, steps, sums);
        finish_bytes(p, row, first, sums[0]);
      }
    }
  }
}
