"""From text or values to rules: `document` is the way in."""
