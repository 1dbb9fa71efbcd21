// What the products in the tiles of AMX share. Included by kernels_avx512.c; the products are in amx_tiles.h.
#define AMX_ROWS 32   // two tiles of sums below one another
#define AMX_UNITS 16  // the units of 4 bytes in a row of a tile
#define AMX_OUTPUTS 256  // the most outputs in a block

/// What `ldtilecfg` reads.
typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} amx_configuration;

/// The units of a row that a tile takes: all of a short one.
INLINE size_t amx_units(const wide_operands *o) { return o->units && o->units < AMX_UNITS ? o->units : AMX_UNITS; }

/// Gives the tiles of sums and of rows their share of up to 32 rows, and those of rows and weights `units` units.
static void amx_configure(size_t rows, size_t units) {
  const uint8_t upper = (uint8_t)(rows < AMX_ROWS / 2 ? rows : AMX_ROWS / 2);
  // Tiles without rows are not allowed; these are then not used.
  const uint8_t lower = rows > AMX_ROWS / 2 ? (uint8_t)(rows - AMX_ROWS / 2) : 1;
  amx_configuration configuration = {.palette = 1, .rows = {upper, upper, lower, lower, upper, lower, (uint8_t)units, (uint8_t)units}};
  for (int tile = 0; tile < 8; tile++) configuration.row_bytes[tile] = tile == 4 || tile == 5 ? (uint16_t)(4 * units) : 64;
  _tile_loadconfig(&configuration);
}

/// Where the weights of 16 outputs from unit `unit` on lie.
INLINE const float *amx_panel(const wide_operands *o, size_t output, size_t unit) {
  const size_t before = unit / o->depth * o->depth;
  const size_t depth = o->units - before < o->depth ? o->units - before : o->depth;
  return o->panels + before * o->all_outputs + output * depth + (unit - before) * WIDE_LANES;
}

/// How many outputs make a block: their weights take about a megabyte at most.
INLINE size_t amx_block(size_t units) {
  const size_t outputs = (1 << 18) / (units ? units : 1) / WIDE_OUTPUTS * WIDE_OUTPUTS;
  return outputs < WIDE_OUTPUTS ? WIDE_OUTPUTS : outputs > AMX_OUTPUTS ? AMX_OUTPUTS : outputs;
}
