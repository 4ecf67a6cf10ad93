CREATE VIEW tensors AS
SELECT layer_id, layer_name, source_file, shape, num_rows, num_cols, dtype, num_params, source_bytes
FROM layers;

-- weight = (code - zero_point) * scale, where g columns share a scale and a zero point
CREATE MACRO aq_dequant(codes, scales, zero_points, g) AS
  list_transform(codes, lambda c, i: (c - zero_points[(i + g - 1) // g]) * scales[(i + g - 1) // g]);

-- Each of v, g times over, n in all: scales beside the codes that they belong to
CREATE MACRO aq_spread(v, g, n) AS
  flatten(list_transform(v, lambda x: list_resize([]::FLOAT[], g, x)))[1:n];

-- Weights over the scales of their columns: what equalized layers are stored times
CREATE MACRO aq_unequalize(weights, column_scales, col_start) AS
  list_transform(weights, lambda w, i: w / column_scales[col_start + i]);

-- Scales beside kept 8-bit floats: what such a tensor means is its values times these
CREATE TABLE aq_kept_scales (
  layer_id INTEGER, block_rows BIGINT, block_columns BIGINT, scales_per_row BIGINT, scales FLOAT[]);
