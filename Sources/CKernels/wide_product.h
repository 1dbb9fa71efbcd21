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

/// Some rows by one to four panels.
typedef void (*wide_tile)(int panels, const wide_operands *o, const float *rows, size_t first, size_t ahead,
                          float *sums);

/// One unit of a row, in every lane.
INLINE vf unit_of(const float *unit) { return _mm512_set1_ps(*unit); }

/// The wanted lanes of a tile's panel.
INLINE __mmask16 lanes_at(size_t panel, size_t outputs) {
  return outputs > panel * WIDE_LANES ? first_lanes(outputs - panel * WIDE_LANES) : 0;
}

/// What follows a product, and its place.
INLINE void finish_sums(vf y, plumb_epilogue epilogue, __mmask16 lanes, float *to) {
  if (lanes == 0xFFFF)
    store(to, epilogue == PLUMB_ADD ? y + load(to) : followed(y, epilogue));
  else
    _mm512_mask_storeu_ps(to, lanes, epilogue == PLUMB_ADD ? y + _mm512_maskz_loadu_ps(lanes, to) : followed(y, epilogue));
}

/// What follows a product is ReLU6, and its place is among bytes from 0 to 255, which stand for 0 to 6: `y` has `outputs`
/// of a row's numbers, times 255/6. Packing into bytes cuts off what is below and above.
INLINE void store_relu6_bytes(const vf *y, size_t outputs, uint8_t *to) {
  __m512i whole[WIDE_PANELS];
  _Pragma("clang loop unroll(full)") for (int p = 0; p < WIDE_PANELS; p++) whole[p] = _mm512_cvtps_epi32(y[p]);
  const __m512i bytes = packed_bytes(whole);
  if (outputs == WIDE_OUTPUTS)
    _mm512_storeu_si512(to, bytes);
  else
    _mm512_mask_storeu_epi8(to, ((__mmask64)1 << outputs) - 1, bytes);
}

#define BYTE_OF_ONE (255.0f / 6)  // what stands for 1 where 255 stands for 6

/// Turns the sums of some rows by some outputs into numbers: `sums` is (rows, 64), `first` counts from the first wanted
/// output.
typedef void (*wide_finish)(const void *product, size_t row, size_t rows, size_t first, size_t outputs,
                            const float *sums);

/// Computes tile after tile: first the rows of four panels, so that these stay in the cache, then the next four. The panels
/// after them are fetched meanwhile, so that a product of a few dozen rows is not slower than memory.
static void multiply_tiles(const wide_operands *o, const wide_tile *tiles, wide_finish finish, const void *product) {
  float sums[WIDE_ROWS * WIDE_OUTPUTS] __attribute__((aligned(64)));
  for (size_t n = 0; n < o->outputs;) {
    const size_t left = o->outputs - n;
    const size_t outputs = left < WIDE_OUTPUTS ? left : WIDE_OUTPUTS;
    const int panels = (int)((outputs + WIDE_LANES - 1) / WIDE_LANES);
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
  if (p->bytes) {
    vf bias[WIDE_PANELS], y[WIDE_PANELS];
    for (size_t i = 0; i < WIDE_PANELS; i++)
      bias[i] = p->bias ? _mm512_maskz_loadu_ps(lanes_at(i, outputs), p->bias + first + i * WIDE_LANES) : (vf){0};
    for (size_t r = 0; r < rows; r++) {
      for (size_t i = 0; i < WIDE_PANELS; i++) y[i] = (load(sums + r * WIDE_OUTPUTS + i * WIDE_LANES) + bias[i]) * BYTE_OF_ONE;
      store_relu6_bytes(y, outputs, p->bytes + (row + r) * p->destination_stride + first);
    }
    return;
  }
  for (size_t i = 0; i < outputs; i += WIDE_LANES) {
    const __mmask16 lanes = first_lanes(outputs - i);
    const vf bias = p->bias ? _mm512_maskz_loadu_ps(lanes, p->bias + first + i) : (vf){0};
    float *to = p->destination + row * p->destination_stride + first + i;
    for (size_t r = 0; r < rows; r++, to += p->destination_stride)
      finish_sums(load(sums + r * WIDE_OUTPUTS + i) + bias, p->epilogue, lanes, to);
  }
}

INLINE wide_operands operands_of_floats(const plumb_float_product *p) {
  return (wide_operands){
      .source = p->source, .source_stride = p->source_stride, .rows = p->row_count, .units = p->inputs,
      .panels = p->panels, .all_outputs = rounded_up(p->all_outputs, WIDE_LANES), .depth = PLUMB_FLOAT_DEPTH,
      .first_output = p->first_output, .outputs = p->outputs};
}

/// A product whose sums are f32: of f32 by f32, or of bf16 by bf16.
static void multiply_floats(const plumb_float_product *p, const wide_tile *tiles) {
  const wide_operands operands = operands_of_floats(p);
  multiply_tiles(&operands, tiles, finish_floats, p);
}

/// Sums of bytes less what the zero of a row adds, as numbers. Whole numbers up to 2²⁴ are exact in either.
INLINE vf totals(const float *sums, vf column_sums, float zero) {
  return __builtin_convertvector((vi)load(sums), vf) - column_sums * zero;
}

/// Sums of bytes into a map of bytes, behind ReLU6.
static void finish_bytes_as_bytes(const plumb_byte_product *p, size_t row, size_t rows, size_t first, size_t outputs,
                                  const float *sums) {
  vf column_sums[WIDE_PANELS], column_scales[WIDE_PANELS], bias[WIDE_PANELS], y[WIDE_PANELS];
  for (size_t i = 0; i < WIDE_PANELS; i++) {
    const __mmask16 lanes = lanes_at(i, outputs);
    const size_t output = first + i * WIDE_LANES;
    column_sums[i] = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(lanes, p->column_sums + output));
    column_scales[i] = _mm512_maskz_loadu_ps(lanes, p->column_scales + output) * BYTE_OF_ONE;
    bias[i] = p->bias ? _mm512_maskz_loadu_ps(lanes, p->bias + output) * BYTE_OF_ONE : (vf){0};
  }
  for (size_t r = 0; r < rows; r++) {
    const plumb_row_scale scale = p->rows[row + r];
    for (size_t i = 0; i < WIDE_PANELS; i++) {
      const vf total = totals(sums + r * WIDE_OUTPUTS + i * WIDE_LANES, column_sums[i], (float)scale.zero);
      y[i] = total * (column_scales[i] * scale.scale) + bias[i];
    }
    store_relu6_bytes(y, outputs, p->bytes + (row + r) * p->destination_stride + first);
  }
}

static void finish_bytes(const void *product, size_t row, size_t rows, size_t first, size_t outputs,
                         const float *sums) {
  const plumb_byte_product *p = product;
  if (p->bytes) {
    finish_bytes_as_bytes(p, row, rows, first, outputs, sums);
    return;
  }
  for (size_t i = 0; i < outputs; i += WIDE_LANES) {
    const __mmask16 lanes = first_lanes(outputs - i);
    const vf column_sums = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(lanes, p->column_sums + first + i));
    const vf column_scales = _mm512_maskz_loadu_ps(lanes, p->column_scales + first + i);
    const vf bias = p->bias ? _mm512_maskz_loadu_ps(lanes, p->bias + first + i) : (vf){0};
    float *to = p->destination + row * p->destination_stride + first + i;
    for (size_t r = 0; r < rows; r++, to += p->destination_stride) {
      const plumb_row_scale scale = p->rows[row + r];
      const vf total = totals(sums + r * WIDE_OUTPUTS + i, column_sums, (float)scale.zero);
      finish_sums(total * (column_scales * scale.scale) + bias, p->epilogue, lanes, to);
    }
  }
}

INLINE wide_operands operands_of_bytes(const plumb_byte_product *p) {
  return (wide_operands){
      .source = (const float *)p->source, .source_stride = p->source_stride / 4, .rows = p->row_count,
      .units = p->inputs / 4, .panels = (const float *)p->panels, .all_outputs = rounded_up(p->outputs, WIDE_LANES),
      .depth = p->inputs / 4, .first_output = 0, .outputs = p->outputs};
}

/// A product of bytes, whose sums are 32-bit integers.
static void multiply_bytes(const plumb_byte_product *p, const wide_tile *tiles) {
  const wide_operands operands = operands_of_bytes(p);
  multiply_tiles(&operands, tiles, finish_bytes, p);
}
