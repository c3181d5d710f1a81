// The checkout: turns the basket into an order with a number of its own.
import { element, empty, euros, inTab, priced, remember, sums } from './cart.js';

const form = document.getElementById('checkout');
const button = document.getElementById('place-order');

function show() {
  const basket = priced();
  const nothing = basket.lines.length === 0;
  form.hidden = nothing;
  document.getElementById('nothing').hidden = !nothing;
  button.disabled = false;
  button.textContent = `Place the order, ${euros(basket.total_cents)}`;
  const lines = basket.lines.map((line) =>
    element('li', {}, element('span', {}, `${line.quantity} × ${line.name}`), element('span', {}, euros(line.cents))));
  document.getElementById('summary').replaceChildren(element('ul', { class: 'plain-lines' }, ...lines), sums(basket));
}

/** Ten random letters and digits without the ones that look alike. */
function orderNumber() {
  const signs = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
  const random = crypto.getRandomValues(new Uint32Array(10));
  return `OV-${Array.from(random, (n) => signs[n % signs.length]).join('')}`;
}

/** Keeps the main thread busy: the deliberately poor interaction of this shop. */
function block(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const basket = priced();
  if (basket.lines.length === 0) return show();
  block(300);
  button.disabled = true;
  button.textContent = 'Placing your order …';
  const lines = basket.lines.map(({ name, quantity, cents }) => ({ name, quantity, cents }));
  remember(inTab, 'oever.order', { ...basket, lines, number: orderNumber(), reported: false });
  empty();
  // Leave after the next paint, so that the slow click is seen and measured on this page.
  setTimeout(() => location.assign('/shop/thank-you'), 250);
});

addEventListener('pageshow', show);
