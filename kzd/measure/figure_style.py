"""
How a timeline looks, in light and in dark; it travels inside of each SVG.

Colours stand in plain rules before they are put right for the dark, so that programs that know no
media queries draw the light one.
"""

from __future__ import annotations

STYLE = """
.kzd text{fill:#1f2328;font:11px system-ui,sans-serif}
.kzd .head{font-size:16px;font-weight:600}
.kzd .small{fill:#59636e;font-size:10px}
.kzd .num{text-anchor:end}
.kzd .mid{text-anchor:middle}
.kzd .halo{paint-order:stroke;stroke:#fff;stroke-width:4}
.kzd .paper{fill:#fff}
.kzd .band{fill:#f3f5f7}
.kzd .hit{fill:#fff;fill-opacity:0}
.kzd .row:hover .hit{fill:#0969da;fill-opacity:.12}
.kzd .grid{stroke:#d1d9e0;stroke-width:1}
.kzd .serving{stroke:#c4ccd4;stroke-width:1}
.kzd .end{stroke:#59636e;stroke-width:1.2}
.kzd .fresh{fill:#0969da;stroke:#fff;stroke-width:.7}
.kzd .other{fill:#0969da;fill-opacity:.35}
.kzd .reused{fill:none;stroke:#bc4c00;stroke-width:1.6}
.kzd .endpoint{fill:#8250df}
.kzd .doubt{fill:none;stroke:#cf222e;stroke-width:2}
.kzd .bound{stroke:#1a7f37;stroke-width:1.6}
.kzd .sleep{stroke:#bf3989;stroke-width:1.6;stroke-dasharray:6 4}
.kzd text.of-bound{fill:#1a7f37;font-weight:600}
.kzd text.of-sleep{fill:#bf3989;font-weight:600}
@media (prefers-color-scheme:dark){
.kzd text{fill:#e6edf3}
.kzd .small{fill:#9198a1}
.kzd .halo{stroke:#0d1117}
.kzd .paper{fill:#0d1117}
.kzd .band{fill:#161b22}
.kzd .grid{stroke:#2a313a}
.kzd .serving{stroke:#474f59}
.kzd .end{stroke:#9198a1}
.kzd .fresh{fill:#58a6ff;stroke:#0d1117}
.kzd .other{fill:#58a6ff;fill-opacity:.5}
.kzd .reused{stroke:#f0883e}
.kzd .endpoint{fill:#bc8cff}
.kzd .doubt{stroke:#ff7b72}
.kzd .bound{stroke:#3fb950}
.kzd .sleep{stroke:#f778ba}
.kzd text.of-bound{fill:#3fb950}
.kzd text.of-sleep{fill:#f778ba}
}
"""

PAGE_STYLE = """
:root{color-scheme:light dark}
body{margin:0 auto;padding:16px;max-width:1040px;font:15px/1.5 system-ui,sans-serif;
background:#fff;color:#1f2328}
h1{font-size:22px;margin:8px 0}
figure{margin:12px 0;overflow-x:auto}
svg{display:block;width:100%;min-width:820px;height:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:2px 12px 2px 0;text-align:left;border-bottom:1px solid #d1d9e0}
td.num,th.num{text-align:right}
summary{cursor:pointer;margin:8px 0}
@media (prefers-color-scheme:dark){
body{background:#0d1117;color:#e6edf3}
th,td{border-color:#2a313a}
}
"""
