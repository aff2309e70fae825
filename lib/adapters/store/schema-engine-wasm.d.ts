/** The one entry of Prisma's WASM schema engine that we use; the package ships no types for it. */
declare module '@prisma/schema-engine-wasm/schema_engine_bg' {
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void
  export const SchemaEngine: { new: (options: unknown, debug: () => void, factory: unknown) => Promise<never> }
}
