/** Colours of page and picture, for light and dark. */

const LIGHT = {
  paper: '#fbfaf7',
  card: '#ffffff',
  ink: '#1c2330',
  dim: '#667085',
  line: '#dedbd3',
  accent: '#1f5fbf',
  dirty: '#2a9d5c',
  clean: '#a3d9b8',
  'shared-dirty': '#7048c8',
  shared: '#bfaaf0',
  cow: '#f2a60d',
  protected: '#e0569f',
  zero: '#b9c2cf',
  cached: '#cfe2f8',
  absent: '#f1efea',
  swapped: '#d64a3c',
  guard: '#3c4a63',
  poisoned: '#8a1c12',
  marked: '#1c2330',
};

const DARK: typeof LIGHT = {
  paper: '#12151b',
  card: '#1a1f28',
  ink: '#e8eaef',
  dim: '#98a2b3',
  line: '#303744',
  accent: '#7fb0ff',
  dirty: '#3fbf78',
  clean: '#24623f',
  'shared-dirty': '#9d7bf0',
  shared: '#4a3a7d',
  cow: '#f5b53a',
  protected: '#ee78b6',
  zero: '#6a7484',
  cached: '#27466b',
  absent: '#1d222b',
  swapped: '#f0695a',
  guard: '#c9d3e6',
  poisoned: '#ff9a8d',
  marked: '#ffffff',
};

const PAGES = Object.keys(LIGHT).slice(Object.keys(LIGHT).indexOf('dirty'));
const variables = (colors: typeof LIGHT): string =>
  Object.entries(colors)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');

/** The colours alone, as custom properties. */
export const COLOR_STYLE = `:root{${variables(LIGHT)};color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
`;

/** For a picture alone and for one within a page. */
export const PICTURE_STYLE = `
${COLOR_STYLE}text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:var(--ink)}
text.mono,tspan.mono{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
text.dim,tspan.dim{fill:var(--dim)}
text.strong,tspan.strong{font-weight:600}
text.title{font-size:17px;font-weight:650}
text.head{font-size:14px;font-weight:650}
text.right{text-anchor:end}
text.middle{text-anchor:middle}
.paper{fill:var(--paper)}
.card{fill:var(--card);stroke:var(--line)}
.rule{stroke:var(--line);fill:none}
.wire{stroke:var(--dim);fill:none;stroke-width:1.2;opacity:.55}
.bit{fill:var(--card);stroke:var(--line)}
.bit.on{fill:var(--accent);stroke:var(--accent)}
text.lit{fill:var(--card);font-weight:650}
.fill{fill:var(--accent)}
${PAGES.map((name) => `.${name}{fill:var(--${name})}`).join('')}
.cached,.absent{stroke:var(--line);stroke-width:1}
.page:hover{opacity:.75}
`;

export const PAGE_STYLE = `${PICTURE_STYLE}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px 24px 48px}
h1{font-size:24px;margin:0 0 2px;overflow-wrap:anywhere}
h2{font-size:18px;margin:30px 0 10px}
h3{font-size:15px;margin:22px 0 8px}
p{margin:4px 0}
.dim{color:var(--dim)}
code,.mono{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(104px,1fr));gap:10px;margin:14px 0}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 12px}
.facts b{display:block;font-size:19px;font-weight:650}
.facts span{color:var(--dim);font-size:12.5px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto}
figure svg{display:block;width:100%;min-width:760px;height:auto}
ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:5px 20px;margin:14px 0;padding:0;font-size:13.5px}
ul.legend svg{width:13px;height:13px;vertical-align:-2px;margin-right:6px}
details{margin:8px 0 2px 18px}
details details{margin-top:2px}
details>summary{cursor:pointer;margin-left:-18px}
.leaf{margin:2px 0 2px 18px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:10px 0}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
`;
