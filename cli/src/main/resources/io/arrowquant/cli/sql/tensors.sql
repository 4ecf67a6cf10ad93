CREATE TABLE tensors (
  layer_id INTEGER, layer_name VARCHAR, source_file VARCHAR, shape BIGINT[], num_rows BIGINT,
  num_cols BIGINT, dtype VARCHAR, num_params BIGINT, source_bytes BIGINT);
-- A checkpoint's weights are floats already: queries of quantized models run here too.
CREATE VIEW dequantized AS FROM weights;
