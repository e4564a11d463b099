/* The API in Swagger UI, in the colors of the site. */
const body = document.body;
const setMode = () =>
  document.documentElement.classList.toggle("dark-mode", body.dataset.mdColorScheme === "slate");
new MutationObserver(setMode).observe(body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
setMode();

const viewer = document.getElementById("viewer");
viewer.closest("article").after(viewer); // out of reach of the theme's rules for tables and code

SwaggerUIBundle({
  spec: window.tinkerDescription,
  dom_id: "#viewer",
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
