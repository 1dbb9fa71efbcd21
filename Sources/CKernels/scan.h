// Products of stored rows and one query: what an exact search computes, as fast as memory gives the rows. Four rows at a time, so that
// their sums do not wait for each other.

#define SCAN(NAME, TYPE, LOAD, LOAD_SOME)                                                                     \
  INLINE void NAME##_some(const TYPE *rows, const int count, size_t width, const float *query, float *y) {    \
    vf sums[4] = {{0}};                                                                                       \
    size_t i = 0;                                                                                             \
    for (; i + LANES <= width; i += LANES) {                                                                  \
      const vf q = load(query + i);                                                                           \
      for (int row = 0; row < count; row++) {                                                                 \
        const TYPE *x = rows + row * width + i;                                                               \
        __builtin_prefetch((const char *)x + READ_AHEAD, 0, 2);                                               \
        sums[row] += LOAD(x) * q;                                                                             \
      }                                                                                                       \
    }                                                                                                         \
    if (i < width) {                                                                                          \
      const vf q = load_some(query + i, width - i);                                                           \
      for (int row = 0; row < count; row++) sums[row] += LOAD_SOME(rows + row * width + i, width - i) * q;    \
    }                                                                                                         \
    for (int row = 0; row < count; row++) y[row] = sum(sums[row]);                                            \
  }                                                                                                           \
  static void NAME(const TYPE *rows, size_t count, size_t width, const float *query, float *y) {              \
    size_t row = 0;                                                                                           \
    for (; row + 4 <= count; row += 4) NAME##_some(rows + row * width, 4, width, query, y + row);             \
    for (; row < count; row++) NAME##_some(rows + row * width, 1, width, query, y + row);                     \
  }

SCAN(scan_floats, float, load, load_some)
SCAN(scan_halves, uint16_t, load_halves, load_some_halves)
#undef SCAN

#if VECTOR_BYTES < 64
/// The parts of a query of bytes, each with its products: 128 · high + low.
typedef struct {
  int32_t high, low;
} scan_parts;

#if VECTOR_BYTES == 32
INLINE int32_t sum_of_words(__m256i x) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xB1)));
}
/// Bytes are multiplied as magnitudes by signed bytes: two such products fit in 16 bits.
INLINE scan_parts scan_byte_row(const int8_t *row, size_t width, const int8_t *high, const int8_t *low) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i h = _mm256_setzero_si256(), l = h;
  for (size_t i = 0; i < width; i += 32) {
    __m256i x;
    if (i + 32 <= width) x = _mm256_loadu_si256((const __m256i *)(row + i));
    else {
      int8_t rest[32] = {0};
      memcpy(rest, row + i, width - i);
      x = _mm256_loadu_si256((const __m256i *)rest);
    }
    const __m256i size = _mm256_abs_epi8(x);
    const __m256i qh = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)(high + i)), x);
    const __m256i ql = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)(low + i)), x);
    h = _mm256_add_epi32(h, _mm256_madd_epi16(_mm256_maddubs_epi16(size, qh), ones));
    l = _mm256_add_epi32(l, _mm256_madd_epi16(_mm256_maddubs_epi16(size, ql), ones));
  }
  return (scan_parts){sum_of_words(h), sum_of_words(l)};
}
#else
INLINE scan_parts scan_byte_row(const int8_t *row, size_t width, const int8_t *high, const int8_t *low) {
  scan_parts s = {0, 0};
  for (size_t i = 0; i < width; i++) {
    s.high += row[i] * high[i];
    s.low += row[i] * low[i];
  }
  return s;
}
#endif

static void scan_bytes(const plumb_byte_scan *s) {
  for (size_t row = 0; row < s->count; row++) {
    const scan_parts parts = scan_byte_row(s->rows + row * s->width, s->width, s->high, s->low);
    s->scores[row] = (float)(128 * (int64_t)parts.high + parts.low);
  }
}
#endif
