// The basket: what is in it, what it costs, and the number in the page's head.
// It lives in localStorage as {"dawn-mug": 2}; names and prices come from the page, so they can't go stale.
// Money is counted in whole cents.

const KEY = 'oever.cart';
export const MOST = 20;
const DELIVERY_CENTS = 495;
const FREE_DELIVERY_FROM_CENTS = 7500;

/** Reads a stored JSON value; private windows and full disks must not break the shop. */
export function recall(storage, key) {
  try {
    return JSON.parse(storage().getItem(key));
  } catch {
    return null;
  }
}

export function remember(storage, key, value) {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // Without storage the basket lasts as long as the page.
  }
}

export const inBrowser = () => localStorage;
export const inTab = () => sessionStorage;

export function read() {
  const stored = recall(inBrowser, KEY);
  if (stored === null || typeof stored !== 'object') return {};
  const sound = Object.entries(stored).filter(([, n]) => Number.isInteger(n) && n >= 1 && n <= MOST);
  return Object.fromEntries(sound);
}

function write(cart) {
  remember(inBrowser, KEY, cart);
  showCount();
}

export function add(product, quantity) {
  const cart = read();
  cart[product] = Math.min(MOST, (cart[product] ?? 0) + quantity);
  write(cart);
}

export function set(product, quantity) {
  const cart = read();
  if (quantity < 1) delete cart[product];
  else cart[product] = Math.min(MOST, quantity);
  write(cart);
}

export function empty() {
  write({});
}

/** What is in the basket, priced by the catalogue that the page carries; unknown products are left out. */
export function priced() {
  const catalogue = JSON.parse(document.getElementById('catalogue').textContent);
  const cart = read();
  const lines = catalogue
    .filter((product) => cart[product.id] !== undefined)
    .map((product) => ({ ...product, quantity: cart[product.id], cents: product.price_cents * cart[product.id] }));
  const goods = lines.reduce((sum, line) => sum + line.cents, 0);
  const delivery = goods === 0 || goods >= FREE_DELIVERY_FROM_CENTS ? 0 : DELIVERY_CENTS;
  return { lines, goods_cents: goods, delivery_cents: delivery, total_cents: goods + delivery };
}

/** Cents as a plain decimal, `5995` → `59.95`: the form in which a sale is reported. */
export function decimal(cents) {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** Cents as a price to read, `5995` → `€59.95`. */
export function euros(cents) {
  return `€${decimal(cents)}`;
}

/** An element with text and attributes; text never becomes markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The list of amounts that ends in the total. */
export function sums({ goods_cents, delivery_cents, total_cents }) {
  const row = (name, value, kind = '') =>
    element('div', { class: kind }, element('dt', {}, name), element('dd', {}, value));
  return element(
    'dl',
    { class: 'sums' },
    row('Goods', euros(goods_cents)),
    row('Delivery', delivery_cents === 0 ? 'free' : euros(delivery_cents)),
    row('Total', euros(total_cents), 'total'),
  );
}

export function showCount() {
  const count = Object.values(read()).reduce((sum, n) => sum + n, 0);
  const badge = document.getElementById('cart-count');
  badge.textContent = String(count);
  badge.hidden = count === 0;
}

// A page that comes back from the back/forward cache must show today's count.
addEventListener('pageshow', showCount);
