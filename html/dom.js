// SPDX-License-Identifier: ISC
// dom: small helpers for the document. Text from outside never becomes HTML.

/**
 * index.html says of which kind the element is.
 * @type {(id: string) => any}
 */
export const byId = (id) => document.getElementById(id);

/**
 * An element with properties (or attributes, where there is no such property) and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) Object.assign(node, { [name]: value });
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...Node} children
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * Writes only if the text differs, so that a live region does not repeat itself.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Gives `parent` one child for each of `items`, identified by its `key`. Children that stay are not
 * touched, so they keep focus and scrolling.
 * @template {Record<string, any>} Item
 * @param {HTMLElement} parent
 * @param {Item[]} items
 * @param {keyof Item} key
 * @param {(item: Item) => HTMLElement} make
 */
export function list(parent, items, key, make) {
  const children = /** @type {HTMLElement[]} */ ([...parent.children]);
  const old = new Map(children.map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const name = String(item[key]);
    const node = old.get(name) ?? make(item);
    node.dataset.key = name;
    return node;
  });
  const kept = new Set(nodes);
  for (const node of children) if (!kept.has(node)) node.remove();
  nodes.forEach((node, at) => {
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
  });
}

/**
 * Asks in a dialog; true for yes. Focus goes back to where it was.
 * @param {string} question
 * @param {string} yes  what its button says
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes) {
  const dialog = byId('confirm');
  setText(byId('confirm-question'), question);
  setText(byId('confirm-yes'), yes);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
