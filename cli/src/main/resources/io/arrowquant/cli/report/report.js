'use strict';
const { model, layers } = JSON.parse(document.getElementById('data').textContent);
const PAGE = 200, BINS = 40;
const TYPES = [...new Set(layers.map(l => l.type))].sort((a, b) => (a === 'kept') - (b === 'kept') || a.localeCompare(b));
const $ = id => document.getElementById(id);

/** An element with attributes and children; texts are texts, whatever they hold. */
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
function svg(name, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
function scaled(n, unit) {
  for (const prefix of ['', 'k', 'M', 'G', 'T']) {
    if (Math.abs(n) < 999.5 || prefix === 'T') return n.toFixed(prefix === '' || n >= 99.95 ? 0 : n >= 9.995 ? 1 : 2) + ' ' + prefix + unit;
    n /= 1000;
  }
}
const bytes = n => scaled(n, 'B');
const count = n => scaled(n, '').trim();
const db = l => l.exact ? 'exact' : l.sqnr == null ? '' : l.sqnr.toFixed(2);
const cosine = c => c == null ? '' : (c < 1 ? Math.min(c, 0.999999) : c).toFixed(6);
const small = n => n == null ? '' : Number(n.toPrecision(4)).toString();
const type = l => l.type === 'kept' ? 'kept' : l.type + ':g' + l.group;

function tiles() {
  const tile = (value, text, share) => $('tiles').append(el('div', { class: 'tile' }, el('b', {}, value), el('span', {}, text),
    ...(share == null ? [] : [el('div', { class: 'bar', role: 'img', 'aria-label': Math.round(share * 100) + ' percent' }, el('i', { style: `width:${share * 100}%` }))])));
  $('subtitle').textContent = `${model.format}, written by ArrowQuant ${model.version}; modality ${model.modality}`;
  tile(bytes(model.after), `from ${bytes(model.before)}`, model.before ? Math.min(1, model.after / model.before) : 0);
  tile((model.after ? model.before / model.after : 0).toFixed(2) + ' : 1', 'compression');
  tile(model.bits.toFixed(2), 'bits per weight');
  if (model.cosine != null) {
    tile(model.sqnr == null ? 'exact' : model.sqnr.toFixed(2) + ' dB', 'SQNR of quantized weights');
    tile(cosine(model.cosine), 'mean cosine similarity');
  }
  tile(`${model.quantized} of ${model.tensors}`, `tensors quantized; ${count(model.kept)} of ${count(model.parameters)} parameters kept`);
}

function share() {
  const sum = new Map(TYPES.map(t => [t, { n: 0, bytes: 0 }]));
  for (const l of layers) { const s = sum.get(l.type); s.n++; s.bytes += l.after; }
  const total = layers.reduce((t, l) => t + l.after, 0) || 1;
  const used = TYPES.filter(t => sum.get(t).n);
  $('share').append(
    el('div', { class: 'stack', 'aria-hidden': 'true' }, ...used.map(t => el('i', { class: t, style: `flex:${sum.get(t).bytes / total}` }))),
    el('ul', { class: 'legend' }, ...used.map(t => el('li', {}, el('i', { class: 'dot ' + t }),
      `${t}: ${sum.get(t).n} tensors, ${bytes(sum.get(t).bytes)} (${(100 * sum.get(t).bytes / total).toFixed(1)} %)`))));
}

function scatter() {
  const shown = layers.filter(l => l.sqnr != null);
  if (!shown.length) { $('scatter').replaceChildren(el('p', {}, 'No layer lost anything.')); return; }
  const W = Math.max(280, $('scatter').clientWidth - 2), H = 230, L = 40, B = 22;
  const high = Math.ceil(Math.max(...shown.map(l => l.sqnr)) / 10) * 10 || 10;
  const low = Math.min(0, Math.floor(Math.min(...shown.map(l => l.sqnr)) / 10) * 10);
  const x = i => L + 12 + (W - L - 24) * (shown.length < 2 ? .5 : i / (shown.length - 1));
  const y = v => H - B - (H - B - 14) * (v - low) / (high - low);
  const plot = svg('svg', { viewBox: `0 0 ${W} ${H}`, height: H, role: 'img', 'aria-label': `SQNR of ${shown.length} layers, from ${Math.min(...shown.map(l => l.sqnr)).toFixed(1)} to ${Math.max(...shown.map(l => l.sqnr)).toFixed(1)} decibels` });
  for (let v = low; v <= high; v += 10) plot.append(svg('line', { class: 'grid', x1: L, x2: W, y1: y(v), y2: y(v) }), svg('text', { x: 6, y: y(v) + 4 }, `${v} dB`));
  const r = shown.length > 2000 ? 2 : shown.length > 200 ? 3 : 5;
  shown.forEach((l, i) => plot.append(svg('circle', { class: l.type, cx: x(i).toFixed(1), cy: y(l.sqnr).toFixed(1), r }, svg('title', {}, `${l.name}: ${type(l)}, ${db(l)} dB`))));
  $('scatter').replaceChildren(plot, el('ul', { class: 'legend' }, ...TYPES.filter(t => shown.some(l => l.type === t)).map(t => el('li', {}, el('i', { class: 'dot ' + t }), t))));
}

/** Bars of the model's weights, a line for the source's. */
function histogram(l, width, height) {
  if (!l.now) return el('span', {}, '');
  const w = width / BINS, y = h => height - height * h / 1000;
  const plot = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Histogram of weights from ${small(l.min)} to ${small(l.max)}` });
  l.now.forEach((h, i) => h && plot.append(svg('rect', { class: 'now', x: (i * w).toFixed(1), y: y(h).toFixed(1), width: Math.max(1, w - .5).toFixed(1), height: (height - y(h)).toFixed(1) })));
  if (l.was) plot.append(svg('path', { class: 'was', d: 'M0 ' + height + l.was.map((h, i) => ` L${(i * w).toFixed(1)} ${y(h).toFixed(1)} L${((i + 1) * w).toFixed(1)} ${y(h).toFixed(1)}`).join('') }));
  return plot;
}

function worst() {
  const list = layers.filter(l => l.sqnr != null).sort((a, b) => a.sqnr - b.sqnr).slice(0, 10);
  if (!list.length) { $('worstTable').closest('section').hidden = true; return; }
  $('worstTable').append(el('table', {},
    el('thead', {}, el('tr', {}, ...[['Layer', 'text'], ['Type', 'text'], ['SQNR dB'], ['Cosine', 'wide'], ['Weights', 'text']].map(([t, c]) => el('th', { scope: 'col', class: c || '' }, t)))),
    el('tbody', {}, ...list.map(l => el('tr', {}, el('th', { scope: 'row' }, l.name), el('td', { class: 'text' }, type(l)), el('td', {}, db(l)), el('td', { class: 'wide' }, cosine(l.cosine)), el('td', { class: 'text' }, histogram(l, 110, 28)))))));
  if (!model.rules.length) return;
  const text = model.rules.join(' \\\n');
  const copy = el('button', { class: 'copy', type: 'button' }, 'Copy');
  copy.addEventListener('click', async () => {
    try { await navigator.clipboard.writeText(text); copy.textContent = 'Copied'; }
    catch { getSelection().selectAllChildren($('rules').querySelector('pre')); copy.textContent = 'Selected: press Ctrl-C'; }
  });
  $('rules').append(el('p', {}, 'These options of ', el('code', {}, 'arrowquant quantize'), ' would give them more bits: ', copy), el('pre', { tabindex: 0 }, text));
}

const COLUMNS = [
  { key: 'name', head: 'Layer', text: true, get: l => l.name },
  { key: 'type', head: 'Type', text: true, get: type },
  { key: 'shape', head: 'Shape', text: true, wide: true, get: l => l.shape || 'scalar', by: l => l.params },
  { key: 'params', head: 'Parameters', wide: true, get: l => count(l.params) },
  { key: 'after', head: 'Size', get: l => bytes(l.after) },
  { key: 'bits', head: 'Bits', get: l => l.bits.toFixed(2) },
  { key: 'sqnr', head: 'SQNR dB', get: db, by: l => l.exact ? Infinity : l.sqnr },
  { key: 'cosine', head: 'Cosine', wide: true, get: l => cosine(l.cosine) },
];
let sorted = { key: null, down: false }, limit = PAGE, view = layers;

function heads() {
  $('layers').tHead.append(el('tr', {}, ...COLUMNS.map(c => {
    const button = el('button', { type: 'button' }, c.head);
    button.addEventListener('click', () => { sorted = { key: c.key, down: sorted.key === c.key ? !sorted.down : !c.text }; limit = PAGE; update(); });
    return el('th', { scope: 'col', 'data-key': c.key, class: (c.text ? 'text' : '') + (c.wide ? ' wide' : '') }, button);
  })));
  for (const t of TYPES) if (layers.some(l => l.type === t)) $('type').append(el('option', {}, t));
  $('find').addEventListener('input', () => { limit = PAGE; update(); });
  $('type').addEventListener('change', () => { limit = PAGE; update(); });
  $('more').addEventListener('click', () => { limit = limit === PAGE ? 2000 : limit * 5; draw(); });
}

function update() {
  const text = $('find').value.toLowerCase(), only = $('type').value;
  view = layers.filter(l => (!text || l.name.toLowerCase().includes(text)) && (!only || l.type === only));
  const column = COLUMNS.find(c => c.key === sorted.key);
  if (column) {
    const by = column.by || (column.text ? column.get : l => l[column.key]), sign = sorted.down ? -1 : 1;
    view = view.map(l => [by(l), l]).sort(([a], [b]) =>
      (a == null) !== (b == null) ? (a == null ? 1 : -1) : a == null || a === b ? 0 : sign * (a < b ? -1 : 1)).map(([, l]) => l);
  }
  for (const th of $('layers').querySelectorAll('thead th')) {
    if (th.dataset.key === sorted.key) th.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
    else th.removeAttribute('aria-sort');
  }
  draw();
}

function draw() {
  $('layers').tBodies[0].replaceChildren(...view.slice(0, limit).map(row));
  $('more').hidden = view.length <= limit;
  $('count').textContent = view.length > limit ? `${limit} of ${view.length} shown` : `${view.length} layers`;
}

function row(l) {
  const button = el('button', { type: 'button', 'aria-expanded': 'false' }, l.name);
  const tr = el('tr', {}, el('th', { scope: 'row' }, button),
    ...COLUMNS.slice(1).map(c => el('td', { class: (c.text ? 'text' : '') + (c.wide ? ' wide' : '') }, c.get(l))));
  button.addEventListener('click', () => {
    const open = button.getAttribute('aria-expanded') === 'true';
    button.setAttribute('aria-expanded', String(!open));
    if (open) tr.nextSibling.remove(); else tr.after(el('tr', { class: 'detail' }, el('td', { colspan: COLUMNS.length }, detail(l))));
  });
  return tr;
}

function detail(l) {
  const facts = [['Shape', `${l.shape || 'scalar'} of ${l.dtype}`], ['Size', `${bytes(l.after)} from ${bytes(l.before)}`]];
  if (l.reason) facts.push(['Kept', l.reason]);
  if (l.method) facts.push(['Method', `${type(l)}:${l.method}` + (l.attempts ? `, after ${l.attempts} with fewer bits` : '')]);
  if (l.cosine != null) facts.push(['Cosine', cosine(l.cosine)], ['Worst group', small(l.worstGroup) + ' dB'], ['RMS error', small(l.rmse)], ['Greatest error', small(l.maxError)]);
  if (l.min != null) facts.push(['Source range', `${small(l.min)} to ${small(l.max)}`], ['Source mean, std', `${small(l.mean)}, ${small(l.std)}`]);
  if (l.nan) facts.push(['NaN, infinite', String(l.nan)]);
  const list = el('dl', {});
  for (const [term, text] of facts) list.append(el('dt', {}, term), el('dd', {}, text));
  const picture = el('figure', { style: 'margin:0' }, histogram(l, 300, 120), el('figcaption', { class: 'hint' },
    !l.now ? 'No histogram: its values are no real numbers.' : l.was ? 'Bars: stored weights; line: source' : 'Stored weights; the source was not given' ));
  return el('div', {}, picture, list);
}

let width = innerWidth;
addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; scatter(); } });
tiles(); share(); scatter(); worst(); heads(); update();
$('foot').textContent = model.hasSource ? 'Histograms before and after share one scale in each layer; bins go from the least to the greatest source value.'
  : 'Histograms are those of the stored weights, from the least to the greatest source value; source figures are those measured when the model was made.';
