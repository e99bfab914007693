// Starts Swagger UI on the description that this server gives. What is added to it: operations
// by type, a search among their parameters, and the reader's choice of light or dark. Nothing is
// stored: a token lives as long as the page.
"use strict";

// More parameters than this are searched, not scrolled through.
const FEW_PARAMETERS = 20;

// The first word after the version in `/api/v2/deals/{id}`.
const typeOf = (path) => path.split("/")[3] ?? path;

// A default is told, not filled in: a page's number beside a cursor would be refused.
function tellDefault(parameter) {
  if (parameter.schema?.default === undefined) return;
  parameter.description ??= `Default: ${parameter.schema.default}`;
  delete parameter.schema.default;
}

// A parameter as it is written: what several operations take is referred to.
function written(description, parameter) {
  const name = parameter.$ref?.match(/^#\/components\/parameters\/(.+)$/)?.[1];
  return name ? { ...description.components.parameters[name] } : parameter;
}

// Operations without a tag are listed under their type, those without a summary by their id.
function prepare(description) {
  for (const [path, item] of Object.entries(description.paths ?? {})) {
    for (const operation of Object.values(item)) {
      if (!operation.operationId) continue;
      operation.tags ??= [typeOf(path)];
      operation.summary ??= operation.operationId.replaceAll("_", " ");
      operation.parameters = operation.parameters?.map((it) => written(description, it));
      operation.parameters?.forEach(tellDefault);
    }
  }
  return description;
}

// `filter[name][operator]`, of which there are half a dozen for every `filter[name]`.
const isOperator = (name) => /^filter\[[^\]]+\]\[[^\]]+\]$/.test(name);

// Whether a parameter is shown: what was found, or, before a search, all but the operators. One
// with a value is always shown, since it will be sent.
function isShown(parameter, text, props) {
  const meta = props.specSelectors.parameterWithMetaByIdentity(props.pathMethod, parameter);
  const value = meta?.get("value");
  if (value !== undefined && value !== "" && value?.size !== 0) return true;
  const name = parameter.get("name");
  return text ? name.toLowerCase().includes(text.toLowerCase()) : !isOperator(name);
}

const searchedParameters = (Parameters, { React }) =>
  function SearchedParameters(props) {
    const [text, setText] = React.useState("");
    const all = props.parameters;
    if (all.count() <= FEW_PARAMETERS) return React.createElement(Parameters, props);
    const parameters = all.filter((parameter) => isShown(parameter, text, props));
    const search = React.createElement("input", {
      type: "search",
      value: text,
      placeholder: "filter[name][contains]",
      onChange: (event) => setText(event.target.value),
    });
    const count = `${parameters.count()} of ${all.count()} parameters shown`;
    const note = React.createElement("span", { role: "status" }, count);
    const label = React.createElement("label", null, "Search parameters ", search);
    const bar = React.createElement("div", { className: "parameter-search" }, label, note);
    const shown = React.createElement(Parameters, { ...props, parameters });
    return React.createElement("div", null, bar, shown);
  };

const apportion = () => ({
  statePlugins: {
    spec: { wrapActions: { updateJsonSpec: (update) => (spec) => update(prepare(spec)) } },
  },
  wrapComponents: { parameters: searchedParameters },
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

SwaggerUIBundle({
  url: document.getElementById("documentation").dataset.description,
  dom_id: "#documentation",
  plugins: [apportion],
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false,
  tryItOutEnabled: true,
  // Its validator is on the internet, and this page keeps to its own server.
  validatorUrl: null,
});
