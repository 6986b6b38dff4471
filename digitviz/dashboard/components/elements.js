// Makes elements and sentences.

export function element(kind, name, parent) {
  const made = document.createElement(kind);
  made.className = name;
  parent.append(made);
  return made;
}

// Replace the names in braces by the fields.
export const fill = (sentence, fields) => sentence.replace(/\{(\w+)\}/g, (_, name) => fields[name]);
