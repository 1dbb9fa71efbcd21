// Products in the tiles of AMX, of 16 rows of 64 bytes. Included by kernels_avx512.c once for each kind of number, with
//
//   KIND                            the suffix of the function
//   MULTIPLY_ADD(sums, rows, panel) _tile_dp…, on the numbers of tiles
//
// A unit is 4 bytes of a row, and 16 units, or all of a shorter row, of a panel of 16 outputs lie as a tile wants them. Tiles 0 to 3 are sums:
// of the upper and the lower rows by one panel and by the next; 4 and 5 are these rows, 6 and 7 these panels.
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

/// Sums of up to 32 rows by one or two panels, from output `first` on, into `sums` (rows, 64).
INLINE void JOIN(amx_sums, KIND)(const wide_operands *o, const float *a, size_t rows, const float *last_units, size_t first,
                                 const float *last_weights, int has_next, float *sums) {
  const int has_lower = rows > AMX_ROWS / 2;
  const size_t units = amx_units(o);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
#define STEP(x, stride, w, apart)                                        \
  do {                                                                   \
    _tile_loadd(4, x, (stride) * 4);                                     \
    _tile_loadd(6, w, 64);                                               \
    MULTIPLY_ADD(0, 4, 6);                                               \
    if (has_next) {                                                      \
      _tile_loadd(7, (w) + (apart), 64);                                 \
      MULTIPLY_ADD(1, 4, 7);                                             \
    }                                                                    \
    if (has_lower) {                                                     \
      _tile_loadd(5, (x) + AMX_ROWS / 2 * (stride), (stride) * 4);       \
      MULTIPLY_ADD(2, 5, 6);                                             \
      if (has_next) MULTIPLY_ADD(3, 5, 7);                               \
    }                                                                    \
  } while (0)
  for (size_t unit = 0; unit < o->units; unit += o->depth) {
    const size_t depth = o->units - unit < o->depth ? o->units - unit : o->depth;
    const float *w = o->panels + unit * o->all_outputs + first * depth, *x = a + unit;
    for (size_t k = 0; k + units <= depth; k += units)
      STEP(x + k, o->source_stride, w + k * WIDE_LANES, depth * WIDE_LANES);
  }
  if (o->units % units) STEP(last_units, AMX_UNITS, last_weights, AMX_UNITS * WIDE_LANES);
#undef STEP
  float *below = sums + AMX_ROWS / 2 * WIDE_OUTPUTS;
  _tile_stored(0, sums, WIDE_OUTPUTS * 4);
  if (has_next) _tile_stored(1, sums + WIDE_LANES, WIDE_OUTPUTS * 4);
  if (has_lower) _tile_stored(2, below, WIDE_OUTPUTS * 4);
  if (has_lower && has_next) _tile_stored(3, below + WIDE_LANES, WIDE_OUTPUTS * 4);
}

/// Computes block after block of outputs, whose weights stay in the second-level cache while all rows pass.
static void JOIN(multiply_amx, KIND)(const wide_operands *o, wide_finish finish, const void *product) {
  float sums[AMX_ROWS * WIDE_OUTPUTS] __attribute__((aligned(64)));
  // The units after the last whole tile, with zeros behind them.
  float last_units[AMX_ROWS * AMX_UNITS] __attribute__((aligned(64))) = {0};
  float last_weights[AMX_OUTPUTS * AMX_UNITS] __attribute__((aligned(64))) = {0};
  const size_t rest = o->units % amx_units(o), whole = o->units - rest, block = amx_block(o->units);
  size_t configured = 0;
  for (size_t begin = 0; begin < o->outputs; begin += block) {
    const size_t end = o->outputs - begin < block ? o->outputs : begin + block;
    for (size_t n = begin; rest && n < end; n += WIDE_LANES)
      memcpy(last_weights + (n - begin) * AMX_UNITS, amx_panel(o, o->first_output + n, whole), rest * 64);
    for (size_t row = 0; row < o->rows; row += AMX_ROWS) {
      const size_t rows = o->rows - row < AMX_ROWS ? o->rows - row : AMX_ROWS;
      const float *a = o->source + row * o->source_stride;
      if (rows != configured) amx_configure(rows, amx_units(o));
      configured = rows;
      for (size_t r = 0; rest && r < rows; r++)
        store(last_units + r * AMX_UNITS, _mm512_maskz_loadu_ps(first_lanes(rest), a + r * o->source_stride + whole));
      for (size_t n = begin; n < end; n += WIDE_OUTPUTS) {
        const size_t outputs = end - n < WIDE_OUTPUTS ? end - n : WIDE_OUTPUTS;
        for (size_t some = 0; some < outputs; some += 2 * WIDE_LANES)
          JOIN(amx_sums, KIND)(o, a, rows, last_units, o->first_output + n + some,
                               last_weights + (n + some - begin) * AMX_UNITS, outputs - some > WIDE_LANES, sums + some);
        finish(product, row, rows, n, outputs, sums);
      }
    }
  }
  _tile_release();
}

#undef JOIN
#undef JOIN_
#undef MULTIPLY_ADD
#undef KIND
