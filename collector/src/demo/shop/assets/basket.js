// The basket page: shows the lines, lets them be changed, leads to the checkout.
import { MOST, element, euros, priced, set, sums } from './cart.js';

const place = document.getElementById('cart');

function line(item) {
  const quantity = element('input', {
    type: 'number', min: '0', max: String(MOST), value: String(item.quantity), inputmode: 'numeric',
    'aria-label': `How many of ${item.name}`,
  });
  quantity.addEventListener('change', () => {
    set(item.id, Math.trunc(quantity.valueAsNumber) || 0);
    show();
  });
  const remove = element('button', { type: 'button', class: 'link', 'aria-label': `Remove ${item.name}` }, 'Remove');
  remove.addEventListener('click', () => {
    set(item.id, 0);
    show();
  });
  return element(
    'li', {},
    element('img', { src: `/shop/assets/${item.id}.svg`, width: '600', height: '600', alt: '' }),
    element('div', { class: 'line-name' },
      element('a', { href: `/shop/p/${item.id}` }, item.name),
      element('span', { class: 'hint' }, `${euros(item.price_cents)} each`)),
    element('div', { class: 'line-quantity' }, quantity, remove),
    element('span', { class: 'line-price' }, euros(item.cents)),
  );
}

function show() {
  const basket = priced();
  if (basket.lines.length === 0) {
    place.replaceChildren(document.getElementById('empty-cart').content.cloneNode(true));
    return;
  }
  place.replaceChildren(
    element('ul', { class: 'lines' }, ...basket.lines.map(line)),
    element('aside', { class: 'panel summary' },
      element('h2', {}, 'Together'), sums(basket),
      element('a', { class: 'button button-wide', href: '/shop/checkout' }, 'To the checkout')),
  );
}

addEventListener('pageshow', show);
