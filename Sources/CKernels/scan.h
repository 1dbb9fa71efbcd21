// Products of stored rows and one query: what an exact search computes, as fast as memory gives the rows. Sums do not wait for each other:
// there are four of a row or, with the long vectors of AVX-512, one of each of four rows. Shorter vectors leave it to the processor to fetch
// what comes next, and that it does best with a single stretch of memory.

#if VECTOR_BYTES == 64
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

#else
#define SCAN(NAME, TYPE, LOAD, LOAD_SOME)                                                                     \
  INLINE float NAME##_row(const TYPE *row, size_t width, const float *query) {                                \
    enum { STEP = 4 * LANES };                                                                                \
    vf sums[4] = {{0}};                                                                                       \
    size_t i = 0;                                                                                             \
    for (; i + STEP <= width; i += STEP) {                                                                    \
      for (size_t byte = 0; byte < STEP * sizeof(TYPE); byte += 64)                                           \
        __builtin_prefetch((const char *)(row + i) + READ_AHEAD + byte, 0, 2);                                \
      for (int k = 0; k < 4; k++) sums[k] += LOAD(row + i + k * LANES) * load(query + i + k * LANES);         \
    }                                                                                                         \
    for (; i + LANES <= width; i += LANES) sums[0] += LOAD(row + i) * load(query + i);                        \
    if (i < width) sums[1] += LOAD_SOME(row + i, width - i) * load_some(query + i, width - i);                \
    return sum((sums[0] + sums[1]) + (sums[2] + sums[3]));                                                    \
  }                                                                                                           \
  static void NAME(const TYPE *rows, size_t count, size_t width, const float *query, float *y) {              \
    for (size_t row = 0; row < count; row++) y[row] = NAME##_row(rows + row * width, width, query);           \
  }
#endif

SCAN(scan_floats, float, load, load_some)
SCAN(scan_halves, uint16_t, load_halves, load_some_halves)
#undef SCAN

#if VECTOR_BYTES < 64
#define SCAN_WORDS 4096  // numbers whose products with bytes add up in eight sums of 32 bits

/// The numbers of a query in 16 bits, and zeros up to a multiple of 16.
INLINE void query_words(const plumb_byte_scan *s, size_t first, size_t count, int16_t *words) {
  for (size_t i = 0; i < count; i++) words[i] = (int16_t)(128 * s->high[first + i] + s->low[first + i]);
  memset(words + count, 0, (rounded_up(count, 16) - count) * sizeof(int16_t));
}

#if VECTOR_BYTES == 32
INLINE int64_t sum_of_words(__m256i x) {
  const __m256i four =
      _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(x)), _mm256_cvtepi32_epi64(_mm256_extracti128_si256(x, 1)));
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
  return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

INLINE __m256i word_products(const int8_t *x, const int16_t *words, __m256i sum) {
  const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)x));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(wide, _mm256_loadu_si256((const __m256i *)words)));
}

/// The product of a row with some numbers of a query. Row after row, not four at a time: processors fetch one stretch of memory ahead best.
INLINE int64_t scan_words(const int8_t *row, const int16_t *words, size_t count) {
  __m256i sum = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    __builtin_prefetch(row + i + READ_AHEAD, 0, 2);
    for (size_t k = i; k < i + 64; k += 16) sum = word_products(row + k, words + k, sum);
  }
  for (; i < count; i += 16) {
    int8_t rest[16] = {0};
    memcpy(rest, row + i, count - i < 16 ? count - i : 16);
    sum = word_products(rest, words + i, sum);
  }
  return sum_of_words(sum);
}
#else
INLINE int64_t scan_words(const int8_t *row, const int16_t *words, size_t count) {
  int64_t total = 0;
  for (size_t first = 0; first < count; first += 1024) {
    int32_t sum = 0;
    for (size_t i = first; i < count && i < first + 1024; i++) sum += row[i] * words[i];
    total += sum;
  }
  return total;
}
#endif

static void scan_bytes(const plumb_byte_scan *s) {
  int16_t words[SCAN_WORDS];
  const int is_whole = s->width <= SCAN_WORDS;
  if (is_whole) query_words(s, 0, s->width, words);
  for (size_t row = 0; row < s->count; row++) {
    int64_t total = 0;
    for (size_t first = 0; first < s->width; first += SCAN_WORDS) {
      const size_t count = s->width - first < SCAN_WORDS ? s->width - first : SCAN_WORDS;
      if (!is_whole) query_words(s, first, count, words);
      total += scan_words(s->rows + row * s->width + first, words, count);
    }
    s->scores[row] = (float)total;
  }
}
#endif
