// The product page: puts pieces into the basket.
import { add } from './cart.js';

const form = document.getElementById('add');
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const quantity = Number(form.elements.quantity.value);
  add(form.dataset.product, quantity);
  const link = Object.assign(document.createElement('a'), { href: '/shop/cart', textContent: 'See the basket' });
  const added = quantity === 1 ? 'It is in your basket. ' : `${quantity} are in your basket. `;
  document.getElementById('added').replaceChildren(added, link);
});
