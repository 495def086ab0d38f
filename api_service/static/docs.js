"use strict";

// Draws the OpenAPI document beside this page. Text goes in as text, never as markup.

const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

const resolve = (schema, schemas) =>
  schema && schema.$ref ? { name: schema.$ref.split("/").pop(), ...schemas[schema.$ref.split("/").pop()] } : schema || {};

const typeName = (schema, schemas) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map((one) => typeName(one, schemas)).join(" or ");
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.const !== undefined) return String(schema.const);
  if (schema.type === "array") return `list of ${typeName(schema.items, schemas)}`;
  return schema.format ? `${schema.type} (${schema.format})` : schema.type || "any";
};

const fieldTable = (caption, schema, schemas) => {
  const whole = resolve(schema, schemas);
  const table = element("table", "", element("caption", caption));
  const required = new Set(whole.required || []);
  for (const [name, field] of Object.entries(whole.properties || {})) {
    const row = element("tr");
    row.append(element("th", name + (required.has(name) ? " *" : "")), element("td", typeName(field, schemas)));
    row.append(element("td", field.description || (field.default != null ? `default ${JSON.stringify(field.default)}` : "")));
    table.append(row);
  }
  return table;
};

const operation = (path, method, told, schemas) => {
  const summary = element("summary", "", element("code", `${method.toUpperCase()} ${path}`), ` ${told.summary}`);
  const details = element("details", "", summary);
  const roles = told["x-roles"] || [];
  details.append(element("p", roles.length ? `Roles: ${roles.join(", ")}` : "Open to everybody"));
  if (told.description) details.append(element("p", told.description));
  if (told.parameters.length) {
    const properties = Object.fromEntries(told.parameters.map((one) => [one.name, { ...one.schema, description: one.description || one.in }]));
    details.append(fieldTable("Parameters", { properties }, schemas));
  }
  const content = (part) => part && part.content && Object.values(part.content)[0].schema;
  const body = content(told.requestBody);
  if (body) details.append(fieldTable(`Body: ${typeName(body, schemas)}`, body, schemas));
  for (const [status, part] of Object.entries(told.responses)) {
    const schema = content(part);
    if (!schema || status === "default") continue;
    const inner = schema.type === "array" ? schema.items : schema;
    details.append(fieldTable(`${status}: ${typeName(schema, schemas)}`, inner, schemas));
  }
  details.dataset.words = `${method} ${path} ${told.summary} ${roles.join(" ")}`.toLowerCase();
  return details;
};

const draw = async () => {
  const place = document.getElementById("operations");
  const told = await (await fetch("/api/openapi.json")).json();
  const drawn = [];
  for (const [path, methods] of Object.entries(told.paths)) {
    for (const [method, one] of Object.entries(methods)) drawn.push(operation(path, method, one, told.components.schemas));
  }
  place.replaceChildren(...drawn);
  document.getElementById("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const one of drawn) one.hidden = !one.dataset.words.includes(wanted);
  });
};

draw();
