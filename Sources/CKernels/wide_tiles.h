// Tiles of products in 512-bit registers: six rows by four panels of 16 outputs, whose 24 sums stay in registers for all
// inputs. Included by kernels_avx512.c once for each kind of number, with
//
//   KIND                     the suffix of the functions
//   MULTIPLY_ADD(sum, x, w)  16 sums, plus a unit of a row by the same unit of 16 outputs
//
// A unit is 4 bytes of a row: an f32, a pair of bf16, four bytes. So one loop serves all three, and one order of weights.
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAMED(a) JOIN(a, KIND)

/// Sums of `rows` rows by `panels` panels from output `first` on, over all units, into `sums` (rows, 64); meanwhile the
/// panel of output `ahead` is fetched into the second-level cache.
INLINE void NAMED(tile)(const int rows, const int panels, const wide_operands *o, const float *a, size_t first,
                        size_t ahead, float *sums) {
  vf c[WIDE_ROWS][WIDE_PANELS];
  _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++)
    _Pragma("clang loop unroll(full)") for (int p = 0; p < panels; p++) c[r][p] = (vf){0};
  const size_t stride = o->source_stride;
  const float *lower = a + 3 * stride;
  for (size_t unit = 0; unit < o->units; unit += o->depth) {
    const size_t depth = o->units - unit < o->depth ? o->units - unit : o->depth, apart = depth * WIDE_LANES;
    const float *piece = o->panels + unit * o->all_outputs, *w = piece + first * depth, *next = piece + ahead * depth;
    _Pragma("clang loop unroll_count(4)") for (size_t k = 0; k < depth; k++, w += WIDE_LANES, next += WIDE_LANES) {
      vf b[WIDE_PANELS];
      _Pragma("clang loop unroll(full)") for (int p = 0; p < panels; p++) b[p] = load(w + p * apart);
      _mm_prefetch((const char *)next, _MM_HINT_T1);
      _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {
        const vf x = unit_of(r < 3 ? a + r * stride + k : lower + (r - 3) * stride + k);
        _Pragma("clang loop unroll(full)") for (int p = 0; p < panels; p++) c[r][p] = MULTIPLY_ADD(c[r][p], x, b[p]);
      }
    }
    a += depth;
    lower += depth;
  }
  _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++)
    _Pragma("clang loop unroll(full)") for (int p = 0; p < panels; p++)
      store(sums + r * WIDE_OUTPUTS + p * WIDE_LANES, c[r][p]);
}

#define DEFINE_WIDE_TILE(ROWS)                                                                                       \
  static void NAMED(tile_##ROWS)(int panels, const wide_operands *o, const float *a, size_t first, size_t ahead,     \
                                 float *sums) {                                                                      \
    if (panels == 4) NAMED(tile)(ROWS, 4, o, a, first, ahead, sums);                                                 \
    else if (panels == 3) NAMED(tile)(ROWS, 3, o, a, first, ahead, sums);                                            \
    else if (panels == 2) NAMED(tile)(ROWS, 2, o, a, first, ahead, sums);                                            \
    else NAMED(tile)(ROWS, 1, o, a, first, ahead, sums);                                                             \
  }
DEFINE_WIDE_TILE(1)
DEFINE_WIDE_TILE(2)
DEFINE_WIDE_TILE(3)
DEFINE_WIDE_TILE(4)
DEFINE_WIDE_TILE(5)
DEFINE_WIDE_TILE(6)

static const wide_tile NAMED(tiles)[WIDE_ROWS] = {NAMED(tile_1), NAMED(tile_2), NAMED(tile_3),
                                                  NAMED(tile_4), NAMED(tile_5), NAMED(tile_6)};

#undef DEFINE_WIDE_TILE
#undef NAMED
#undef JOIN
#undef JOIN_
#undef MULTIPLY_ADD
#undef KIND
