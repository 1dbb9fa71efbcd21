// Products of stored bytes and one query in VNNI, which multiplies unsigned bytes by signed ones: a row's bytes are raised by 128, and what that
// adds depends on the query alone.

INLINE void scan_byte_rows(const plumb_byte_scan *s, size_t first, const int count, int64_t raised) {
  __m512i high[4], low[4];
  for (int row = 0; row < count; row++) high[row] = low[row] = _mm512_setzero_si512();
  const __m512i sign = _mm512_set1_epi8((char)0x80);
  const int8_t *rows = s->rows + first * s->width;
  for (size_t i = 0; i < s->width; i += 64) {
    const __m512i h = _mm512_loadu_si512(s->high + i), l = _mm512_loadu_si512(s->low + i);
    const size_t left = s->width - i;
    const __mmask64 there = left >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1;
    for (int row = 0; row < count; row++) {
      __builtin_prefetch(rows + row * s->width + i + READ_AHEAD, 0, 2);
      const __m512i x = _mm512_xor_si512(_mm512_maskz_loadu_epi8(there, rows + row * s->width + i), sign);
      high[row] = _mm512_dpbusd_epi32(high[row], x, h);
      low[row] = _mm512_dpbusd_epi32(low[row], x, l);
    }
  }
  for (int row = 0; row < count; row++) {
    const int64_t all = 128 * (int64_t)_mm512_reduce_add_epi32(high[row]) + _mm512_reduce_add_epi32(low[row]);
    s->scores[first + row] = (float)(all - raised);
  }
}

static void scan_bytes(const plumb_byte_scan *s) {
  int64_t raised = 0;
  for (size_t i = 0; i < s->width; i++) raised += 128 * (128 * s->high[i] + s->low[i]);
  size_t row = 0;
  for (; row + 4 <= s->count; row += 4) scan_byte_rows(s, row, 4, raised);
  for (; row < s->count; row++) scan_byte_rows(s, row, 1, raised);
}
