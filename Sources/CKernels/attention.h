// Attention of one head, and of heads that are mixed. Included by kernels.h.

#define TILE_ROWS 6
#define TILE_COLUMNS (2 * LANES)

/// c (rows × TILE_COLUMNS) = a (rows × depth) · b (depth × TILE_COLUMNS), all row-major.
#define DEFINE_TILE(ROWS)                                                                            \
  INLINE void tile_##ROWS(const float *a, size_t a_stride, const float *b, size_t b_stride,          \
                          size_t depth, float *c, size_t c_stride) {                                 \
    vf c0[ROWS] = {{0}}, c1[ROWS] = {{0}};                                                           \
    for (size_t k = 0; k < depth; k++, b += b_stride) {                                              \
      const vf b0 = load(b), b1 = load(b + LANES);                                                   \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                            \
        const vf s = all(a[r * a_stride + k]);                                                       \
        c0[r] += s * b0;                                                                             \
        c1[r] += s * b1;                                                                             \
      }                                                                                              \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                              \
      store(c + r * c_stride, c0[r]);                                                                \
      store(c + r * c_stride + LANES, c1[r]);                                                        \
    }                                                                                                \
  }
DEFINE_TILE(6)
DEFINE_TILE(4)
DEFINE_TILE(2)
DEFINE_TILE(1)

static void tile(size_t rows, const float *a, size_t a_stride, const float *b, size_t b_stride, size_t depth,
                 float *c, size_t c_stride) {
  while (rows > 0) {
    size_t done = rows >= 6 ? 6 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
    if (done == 6) tile_6(a, a_stride, b, b_stride, depth, c, c_stride);
    if (done == 4) tile_4(a, a_stride, b, b_stride, depth, c, c_stride);
    if (done == 2) tile_2(a, a_stride, b, b_stride, depth, c, c_stride);
    if (done == 1) tile_1(a, a_stride, b, b_stride, depth, c, c_stride);
    a += done * a_stride;
    c += done * c_stride;
    rows -= done;
  }
}

INLINE size_t rounded_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/// Turns scores of `seen` keys into probabilities, with zeros up to `padded`.
INLINE void softmax(float *row, size_t seen, size_t padded, float scale) {
  for (size_t i = seen; i < padded; i++) row[i] = -INFINITY;
  vf top = all(-INFINITY);
  for (size_t i = 0; i < padded; i += LANES) top = larger(load(row + i), top);
  const float most = largest(top);
  multiply(1.0f / exponentials(row, padded, most, scale, row), padded, row);
}

/// The queries up to which keys are multiplied as they lie, because bringing them into columns would cost more.
#define FEW_QUERIES 8

/// The attention of few queries, as where captions are written word by word.
static void attention_of_few(const plumb_attention *a, size_t head) {
  const size_t width = a->head_width, keys = a->keys, padded = rounded_up(keys, LANES);
  const float *query = a->query + head * width, *key = a->key + head * width;
  const float *value = a->value + head * width;
  const float scale = 1.0f / sqrtf((float)width);
  float *scores = a->scratch;  // (queries, padded)
  for (size_t k = 0; k < keys; k++)
    for (size_t r = 0; r < a->queries; r++)
      scores[r * padded + k] = dot(query + r * a->query_stride, key + k * a->key_stride, width);
  for (size_t r = 0; r < a->queries; r++) {
    const size_t own = a->first_query + r + 1, seen = a->causal && own < keys ? own : keys;
    const float *p = scores + r * padded;
    float *to = a->output + head * width + r * a->output_stride;
    softmax(scores + r * padded, seen, padded, scale);
    size_t i = 0;
    for (; i + 4 * LANES <= width; i += 4 * LANES) {
      vf s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
      for (size_t k = 0; k < seen; k++) {
        const float *v = value + k * a->key_stride + i;
        s0 += p[k] * load(v);
        s1 += p[k] * load(v + LANES);
        s2 += p[k] * load(v + 2 * LANES);
        s3 += p[k] * load(v + 3 * LANES);
      }
      store(to + i, s0);
      store(to + i + LANES, s1);
      store(to + i + 2 * LANES, s2);
      store(to + i + 3 * LANES, s3);
    }
    for (; i < width; i += LANES) {
      const size_t some = width - i < LANES ? width - i : LANES;
      vf s = {0};
      for (size_t k = 0; k < seen; k++) s += p[k] * load_some(value + k * a->key_stride + i, some);
      store_some(to + i, s, some);
    }
  }
}

/// Brings the keys of a head into columns, (width, padded), and its values into rows, (padded keys, padded width), for whole tiles of both.
static void lay_out(const plumb_attention *a, size_t head, size_t padded, size_t padded_width, float *transposed,
                    float *values) {
  const size_t width = a->head_width, keys = a->keys;
  const float *key = a->key + head * width, *value = a->value + head * width;
  for (size_t k = 0; k < keys; k++) {
    for (size_t i = 0; i < width; i++) transposed[i * padded + k] = key[k * a->key_stride + i];
    memcpy(values + k * padded_width, value + k * a->key_stride, width * sizeof(float));
    for (size_t i = width; i < padded_width; i++) values[k * padded_width + i] = 0;
  }
  for (size_t i = 0; i < width; i++)
    for (size_t k = keys; k < padded; k++) transposed[i * padded + k] = 0;
}

static void attention(const plumb_attention *a, size_t head) {
  if (a->queries <= FEW_QUERIES) {
    attention_of_few(a, head);
    return;
  }
  const size_t width = a->head_width, keys = a->keys, padded = rounded_up(keys, TILE_COLUMNS);
  const size_t padded_width = rounded_up(width, TILE_COLUMNS);
  const float *query = a->query + head * width;
  float *output = a->output + head * width;
  const float scale = 1.0f / sqrtf((float)width);

  float *transposed = a->scratch;                  // (width, padded)
  float *values = transposed + width * padded;     // (padded keys, padded width)
  float *scores = values + padded * padded_width;  // (TILE_ROWS, padded)
  float *result = scores + TILE_ROWS * padded;     // (TILE_ROWS, padded width)
  lay_out(a, head, padded, padded_width, transposed, values);

  for (size_t first = 0; first < a->queries; first += TILE_ROWS) {
    const size_t rows = a->queries - first < TILE_ROWS ? a->queries - first : TILE_ROWS;
    // The last row of a causal tile sees the most keys.
    const size_t last = a->first_query + first + rows;
    const size_t seen = a->causal && last < keys ? last : keys;
    const size_t columns = rounded_up(seen, TILE_COLUMNS);
    for (size_t c = 0; c < columns; c += TILE_COLUMNS)
      tile(rows, query + first * a->query_stride, a->query_stride, transposed + c, padded, width, scores + c,
           padded);
    for (size_t r = 0; r < rows; r++) {
      const size_t own = a->first_query + first + r + 1;
      softmax(scores + r * padded, a->causal && own < keys ? own : keys, columns, scale);
    }
    // Heads of whole tiles are written where they belong.
    float *to = output + first * a->output_stride;
    const int is_whole = padded_width == width;
    for (size_t c = 0; c < padded_width; c += TILE_COLUMNS)
      tile(rows, scores, padded, values + c, padded_width, seen, is_whole ? to + c : result + c,
           is_whole ? a->output_stride : padded_width);
    for (size_t r = 0; r < rows && !is_whole; r++)
      memcpy(to + r * a->output_stride, result + r * padded_width, width * sizeof(float));
  }
}

/// Attention of all heads at once, whose scores are mixed across the heads before the softmax, and whose probabilities
/// are after it. A few rows of all heads' maps stay in the cache, where a mixer is one small product over them.
static void talking_heads_attention(const plumb_attention *a, const plumb_talking_heads *mixers) {
  const size_t heads = mixers->heads, width = a->head_width, keys = a->keys;
  const size_t padded = rounded_up(keys, TILE_COLUMNS), padded_width = rounded_up(width, TILE_COLUMNS);
  const size_t map = TILE_ROWS * padded;  // the rows of one head
  const float scale = 1.0f / sqrtf((float)width);

  float *transposed = a->scratch;                          // (heads, width, padded)
  float *values = transposed + heads * width * padded;     // (heads, padded keys, padded width)
  float *scores = values + heads * padded * padded_width;  // (heads, TILE_ROWS, padded)
  float *mixed = scores + heads * map;                     // (heads, TILE_ROWS, padded)
  float *result = mixed + heads * map;                     // (TILE_ROWS, padded width)
  for (size_t head = 0; head < heads; head++)
    lay_out(a, head, padded, padded_width, transposed + head * width * padded,
            values + head * padded * padded_width);

  for (size_t first = 0; first < a->queries; first += TILE_ROWS) {
    const size_t rows = a->queries - first < TILE_ROWS ? a->queries - first : TILE_ROWS;
    const size_t last = a->first_query + first + rows;
    const size_t seen = a->causal && last < keys ? last : keys;
    const size_t columns = rounded_up(seen, TILE_COLUMNS);
    for (size_t head = 0; head < heads; head++)
      for (size_t c = 0; c < columns; c += TILE_COLUMNS)
        tile(rows, a->query + head * width + first * a->query_stride, a->query_stride,
             transposed + head * width * padded + c, padded, width, scores + head * map + c, padded);
    for (size_t r = 0; r < rows; r++) {
      const size_t own = a->first_query + first + r + 1;
      for (size_t c = r * padded; c < r * padded + columns; c += TILE_COLUMNS)
        tile(heads, mixers->scores, heads, scores + c, map, heads, mixed + c, map);
      for (size_t head = 0; head < heads; head++)
        softmax(mixed + head * map + r * padded, a->causal && own < keys ? own : keys, columns, scale);
      for (size_t c = r * padded; c < r * padded + columns; c += TILE_COLUMNS)
        tile(heads, mixers->probabilities, heads, mixed + c, map, heads, scores + c, map);
    }
    for (size_t head = 0; head < heads; head++) {
      for (size_t c = 0; c < padded_width; c += TILE_COLUMNS)
        tile(rows, scores + head * map, padded, values + head * padded * padded_width + c, padded_width, seen,
             result + c, padded_width);
      for (size_t r = 0; r < rows; r++)
        memcpy(a->output + head * width + (first + r) * a->output_stride, result + r * padded_width,
               width * sizeof(float));
    }
  }
}
