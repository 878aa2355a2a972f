/** Drawing: elements made in one call, and lists redrawn without touching what has not changed. */

/**
 * Make an element. Properties are attributes, but `on` (listeners by event), `dataset`, and `class`;
 * true sets an attribute, false, null and undefined leave it away. Children are nodes, texts or lists.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "dataset") {
      Object.assign(element.dataset, value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...present(children));
  return element;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Put these children in place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

/**
 * Draw a list into `parent`, one node for each item. A node stays, with its focus and what was typed into it,
 * for as long as its item's `sign` does.
 */
export function reconcile(parent, items, { key, sign = JSON.stringify, draw }) {
  const drawn = new Map([...parent.children].map((node) => [node.drawnKey, node]));
  let place = parent.firstElementChild;
  items.forEach((item, index) => {
    const name = key(item, index);
    const signature = sign(item, index);
    let node = drawn.get(name);
    drawn.delete(name);
    if (!node || node.drawnSign !== signature) {
      const fresh = draw(item, index);
      Object.assign(fresh, { drawnKey: name, drawnSign: signature });
      if (node) {
        const focus = focusIn(node);
        if (node === place) place = fresh;
        node.replaceWith(fresh);
        refocus(fresh, focus);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  });
  for (const node of drawn.values()) node.remove();
}

/** Remember where the focus is in a node that is about to be redrawn: by the element's name, else its place. */
function focusIn(node) {
  const active = document.activeElement;
  if (!active || active === node || !node.contains(active)) return null;
  const caret = [active.selectionStart, active.selectionEnd];
  const path = [];
  for (let one = active; one !== node; one = one.parentElement) {
    path.unshift([...one.parentElement.children].indexOf(one));
  }
  return { name: active.dataset.focus, path, caret };
}

function refocus(node, focus) {
  if (!focus) return;
  const { name, path, caret } = focus;
  const named = name && node.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  const found = named || path.reduce((one, index) => one?.children[index], node);
  found?.focus();
  // Only what holds text has a caret, and of inputs not all that do.
  if (typeof caret[0] === "number" && typeof found?.selectionStart === "number")
    found.setSelectionRange(...caret);
}

let numbered = 0;

/** Give an ID that no other element has. */
export function freshId(prefix) {
  numbered += 1;
  return `${prefix}-${numbered}`;
}

/** Call `act` once things have been quiet for `milliseconds`. */
export function settled(act, milliseconds) {
  let waiting = 0;
  return (...values) => {
    clearTimeout(waiting);
    waiting = setTimeout(act, milliseconds, ...values);
  };
}
