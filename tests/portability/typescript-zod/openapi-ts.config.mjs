// Options of hey-api: functions that send and get only what zod finds valid.
export default {
  input: "openapi-3.0.yaml",
  output: { path: "tinker", module: { extension: ".js" } },
  plugins: ["@hey-api/client-fetch", { name: "@hey-api/sdk", validator: "zod" }, "zod"],
  parser: {
    patch: {
      // With a discriminator, a union refuses the types that newer servers add; without, `Other…` takes them.
      schemas: (_name, schema) => void delete schema.discriminator,
    },
  },
};
