// The last page: shows the order and reports the sale, once, however often the page is loaded.
import { decimal, element, euros, inTab, recall, remember, sums } from './cart.js';

const order = recall(inTab, 'oever.order');
const text = document.getElementById('thanks-text');

if (order === null) {
  document.getElementById('thanks-title').textContent = 'No order yet';
  text.textContent = 'No order was placed in this tab. The kiln is patient.';
} else {
  show();
  if (!order.reported) {
    graadmeter('convert', { value: decimal(order.total_cents), currency: 'EUR', order: order.number });
    remember(inTab, 'oever.order', { ...order, reported: true });
  }
}

function show() {
  text.textContent = `Your order ${order.number} is on the packing table, in a manner of speaking.`;
  const lines = order.lines.map((line) =>
    element('li', {}, element('span', {}, `${line.quantity} × ${line.name}`), element('span', {}, euros(line.cents))));
  const receipt = document.getElementById('receipt');
  receipt.replaceChildren(element('ul', { class: 'plain-lines' }, ...lines), sums(order));
  receipt.hidden = false;
}
