CREATE VIEW dequantized AS
SELECT w.layer_id, w.layer_name, w."row", w.col_start,
  CASE
    WHEN w.codes IS NOT NULL AND e.column_scales IS NULL
      THEN aq_dequant(w.codes, w.scales, w.zero_points, w.group_size)
    WHEN w.codes IS NOT NULL
      THEN aq_unequalize(
        aq_dequant(w.codes, w.scales, w.zero_points, w.group_size), e.column_scales, w.col_start)
    WHEN k.scales IS NOT NULL
      THEN list_transform(w."values", lambda v, i:
        v * k.scales[w."row" // k.block_rows * k.scales_per_row
                     + (w.col_start + i - 1) // k.block_columns + 1])
    ELSE w."values"
  END AS weights
FROM weights w
LEFT JOIN (
  SELECT layer_id, spatial_quant.equalization_scales AS column_scales
  FROM layers WHERE len(spatial_quant.equalization_scales) > 0) e USING (layer_id)
LEFT JOIN aq_kept_scales k USING (layer_id);
