/** The version of this authorizer, as `package.json` has it. */
export const VERSION = '1.0.0';
