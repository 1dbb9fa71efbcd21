// Products for processors with AVX-512: what goes into a tile, the loop over tiles, and what follows. Included by
// kernels_avx512.c. The tiles themselves, one set a kind of number, are in wide_tiles.h.
#include "CKernels.h"

#define WIDE_LANES 16  // outputs in a panel, and in a register
#define WIDE_PANELS 4
#define WIDE_OUTPUTS (WIDE_PANELS * WIDE_LANES)
#define WIDE_ROWS 6

/// Rows and panels of units of 4 bytes, whatever is in them.
typedef struct {
  /// (rows, units)
  const float *source;
  size_t source_stride, rows, units;
  /// `depth` units of all outputs lie together, in panels of 16 outputs.
  const float *panels;
  size_t all_outputs, depth;
  /// The outputs that are wanted; the first is a multiple of 16.
  size_t first_output, outputs;
} wide_operands;

/// Some rows by one or four panels.
typedef void (*wide_tile)(int panels, const wide_operands *o, const float *rows, size_t first, size_t ahead,
                          float *sums);

/// One unit of a row, in every lane.
INLINE vf unit_of(const float *unit) { return _mm512_set1_ps(*unit); }

INLINE __mmask16 first_lanes(size_t count) { return count < WIDE_LANES ? (__mmask16)((1u << count) - 1) : 0xFFFF; }

/// What follows a product, and its place.
INLINE void finish_sums(vf y, plumb_epilogue epilogue, __mmask16 lanes, float *to) {
  if (lanes == 0xFFFF)
    store(to, epilogue == PLUMB_ADD ? y + load(to) : followed(y, epilogue));
  else
    _mm512_mask_storeu_ps(to, lanes, epilogue == PLUMB_ADD ? y + _mm512_maskz_loadu_ps(lanes, to) : followed(y, epilogue));
}

/// Turns the sums of some rows by some outputs into numbers: `sums` is (rows, 64), `first` counts from the first wanted
/// output.
typedef void (*wide_finish)(const void *product, size_t row, size_t rows, size_t first, size_t outputs,
                            const float *sums);

/// Computes tile after tile: first the rows of four panels, so that these stay in the cache, then the next four. The panels
/// after them are fetched meanwhile, so that a product of a few dozen rows is not slower than memory.
static void multiply_tiles(const wide_operands *o, const wide_tile *tiles, wide_finish finish, const void *product) {
  float sums[WIDE_ROWS * WIDE_OUTPUTS] __attribute__((aligned(64)));
  for (size_t n = 0; n < o->outputs;) {
    // Four panels, of which the last may be partial, or one.
    const size_t left = o->outputs - n;
    const int panels = left > WIDE_OUTPUTS - WIDE_LANES ? WIDE_PANELS : 1;
    const size_t outputs = left < panels * WIDE_LANES ? left : panels * WIDE_LANES;
    const size_t first = o->first_output + n;
    n += outputs;
    const size_t next = n < o->outputs ? o->first_output + n : first;
    size_t ahead = next;
    for (size_t row = 0; row < o->rows; row += WIDE_ROWS) {
      const size_t rows = o->rows - row < WIDE_ROWS ? o->rows - row : WIDE_ROWS;
      tiles[rows - 1](panels, o, o->source + row * o->source_stride, first, ahead, sums);
      finish(product, row, rows, first - o->first_output, outputs, sums);
      ahead += WIDE_LANES;
      if (ahead >= o->all_outputs || ahead == next + WIDE_OUTPUTS) ahead = next;
    }
  }
}

static void finish_floats(const void *product, size_t row, size_t rows, size_t first, size_t outputs,
                          const float *sums) {
  const plumb_float_product *p = product;
  for (size_t i = 0; i < outputs; i += WIDE_LANES) {
    const __mmask16 lanes = first_lanes(outputs - i);
    const vf bias = p->bias ? _mm512_maskz_loadu_ps(lanes, p->bias + first + i) : (vf){0};
    float *to = p->destination + row * p->destination_stride + first + i;
    for (size_t r = 0; r < rows; r++, to += p->destination_stride)
      finish_sums(load(sums + r * WIDE_OUTPUTS + i) + bias, p->epilogue, lanes, to);
  }
}

/// A product whose sums are f32: of f32 by f32, or of bf16 by bf16.
static void multiply_floats(const plumb_float_product *p, const wide_tile *tiles) {
  const wide_operands operands = {
      .source = p->source, .source_stride = p->source_stride, .rows = p->row_count, .units = p->inputs,
      .panels = p->panels, .all_outputs = rounded_up(p->all_outputs, WIDE_LANES), .depth = PLUMB_FLOAT_DEPTH,
      .first_output = p->first_output, .outputs = p->outputs};
  multiply_tiles(&operands, tiles, finish_floats, p);
}

static void finish_bytes(const void *product, size_t row, size_t rows, size_t first, size_t outputs,
                         const float *sums) {
  const plumb_byte_product *p = product;
  for (size_t i = 0; i < outputs; i += WIDE_LANES) {
    const __mmask16 lanes = first_lanes(outputs - i);
    const vi column_sums = (vi)_mm512_maskz_loadu_epi32(lanes, p->column_sums + first + i);
    const vf column_scales = _mm512_maskz_loadu_ps(lanes, p->column_scales + first + i);
    const vf bias = p->bias ? _mm512_maskz_loadu_ps(lanes, p->bias + first + i) : (vf){0};
    float *to = p->destination + row * p->destination_stride + first + i;
    for (size_t r = 0; r < rows; r++, to += p->destination_stride) {
      const plumb_row_scale scale = p->rows[row + r];
      const vi total = (vi)load(sums + r * WIDE_OUTPUTS + i) - column_sums * scale.zero;
      finish_sums(__builtin_convertvector(total, vf) * (column_scales * scale.scale) + bias, p->epilogue, lanes, to);
    }
  }
}

/// A product of bytes, whose sums are 32-bit integers.
static void multiply_bytes(const plumb_byte_product *p, const wide_tile *tiles) {
  const wide_operands operands = {
      .source = (const float *)p->source, .source_stride = p->source_stride / 4, .rows = p->row_count,
      .units = p->inputs / 4, .panels = (const float *)p->panels, .all_outputs = rounded_up(p->outputs, WIDE_LANES),
      .depth = p->inputs / 4, .first_output = 0, .outputs = p->outputs};
  multiply_tiles(&operands, tiles, finish_bytes, p);
}
