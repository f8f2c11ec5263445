/* A hundred lines instead of a framework: h() describes an element, render() changes the page as little as it can.
   Elements are kept when key and tag stay, so focus, typed text and scroll positions survive every snapshot.
   Text only ever becomes text nodes: nothing from the outside is parsed as HTML. */

const SVG = new Set(["svg", "path", "circle", "rect", "g", "line", "polyline"]);

/** Describe one element. Props: class, key, ref(element, first), on<event>, style (object), value/checked, any attribute. */
export function h(tag, props, ...children) {
  const { key, ...rest } = props ?? {};
  return { tag, key, props: rest, children: children.flat(Infinity).filter(isShown), element: null };
}

/** Make `parent` contain exactly `children`. */
export function render(parent, ...children) {
  patchChildren(parent, children.flat(Infinity).filter(isShown));
  for (const call of drawnRefs.splice(0)) call();
}

// Called once everything is in the document: before that an element has no size and takes no focus.
const drawnRefs = [];

function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

function patchChildren(parent, children) {
  const wanted = children.map((child) => (typeof child === "object" ? child : { text: String(child) }));
  const previous = parent.drawn ?? [];
  const take = matcher(previous);
  const pairs = wanted.map((child) => [take(child), child]);
  const kept = new Set(pairs.map(([old]) => old));
  for (const old of previous) if (!kept.has(old)) old.element.remove();
  let cursor = parent.firstChild;
  for (const [old, child] of pairs) {
    const element = old ? update(old, child) : create(child);
    if (element === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(element, cursor);
    if (child.props?.ref) drawnRefs.push(() => child.props.ref(element, !old));
  }
  parent.drawn = wanted;
}

function kind(node) {
  return node.tag === undefined ? "#text" : node.key === undefined ? node.tag : `${node.tag} ${node.key}`;
}

function matcher(previous) {
  const waiting = new Map();
  for (const node of previous) {
    if (!waiting.has(kind(node))) waiting.set(kind(node), []);
    waiting.get(kind(node)).push(node);
  }
  return (node) => waiting.get(kind(node))?.shift();
}

function create(node) {
  if (node.tag === undefined) {
    node.element = document.createTextNode(node.text);
  } else {
    node.element = SVG.has(node.tag)
      ? document.createElementNS("http://www.w3.org/2000/svg", node.tag)
      : document.createElement(node.tag);
    fill(node, {});
  }
  return node.element;
}

function update(old, node) {
  if (old === node) return node.element;
  node.element = old.element;
  if (node.tag !== undefined) {
    fill(node, old.props);
  } else if (old.text !== node.text) {
    node.element.data = node.text;
  }
  return node.element;
}

function fill(node, before) {
  const { element, props } = node;
  for (const name of Object.keys(before)) if (!(name in props)) set(element, name, null, before[name]);
  for (const [name, value] of Object.entries(props)) if (!LIVE.has(name)) set(element, name, value, before[name]);
  patchChildren(element, node.children);
  // A select knows its value only once its options are there; what a person just typed is never written back.
  for (const name of LIVE) if (name in props && element[name] !== props[name]) element[name] = props[name];
}

const LIVE = new Set(["value", "checked"]);

function set(element, name, value, before) {
  if (name === "ref" || value === before) return;
  if (name.startsWith("on")) element[name] = value;
  else if (name === "style")
    for (const [rule, text] of Object.entries(value ?? {})) element.style.setProperty(rule, text);
  else if (value === null || value === undefined || value === false)
    element.removeAttribute(name === "class" ? "class" : name);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Join class names, leaving out what is false. */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}
