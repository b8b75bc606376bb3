// SPDX-License-Identifier: ISC
// What eslint looks for in html/ and here: mistakes, not taste.
const browser = ['AbortController', 'Blob', 'BroadcastChannel', 'Event', 'EventSource', 'EventTarget', 'FormData', 'Headers', 'IntersectionObserver',
  'MutationObserver', 'ResizeObserver', 'URL', 'URLSearchParams', 'WebSocket', 'addEventListener', 'clearInterval', 'clearTimeout',
  'createImageBitmap', 'crypto', 'document', 'fetch', 'history', 'location', 'matchMedia', 'performance', 'queueMicrotask',
  'removeEventListener', 'requestAnimationFrame', 'setInterval', 'setTimeout', 'window', 'console', 'Image', 'TextDecoder', 'TextEncoder',
  'navigator', 'localStorage', 'sessionStorage', 'DOMException', 'AbortSignal', 'Response', 'setImmediate', 'structuredClone'];

export default [{
  files: ['**/*.js'],
  languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: Object.fromEntries(browser.map((name) => [name, 'readonly'])) },
  linterOptions: { reportUnusedDisableDirectives: 'error' },
  rules: Object.fromEntries([
    'array-callback-return', 'constructor-super', 'default-case-last', 'eqeqeq', 'for-direction', 'getter-return', 'no-async-promise-executor',
    'no-case-declarations', 'no-class-assign', 'no-compare-neg-zero', 'no-cond-assign', 'no-const-assign', 'no-constant-binary-expression',
    'no-constant-condition', 'no-constructor-return', 'no-control-regex', 'no-debugger', 'no-delete-var', 'no-dupe-args', 'no-dupe-class-members',
    'no-dupe-else-if', 'no-dupe-keys', 'no-duplicate-case', 'no-duplicate-imports', 'no-empty-character-class', 'no-empty-pattern', 'no-eval',
    'no-ex-assign', 'no-extra-boolean-cast', 'no-fallthrough', 'no-func-assign', 'no-global-assign', 'no-implied-eval', 'no-import-assign',
    'no-inner-declarations', 'no-invalid-regexp', 'no-irregular-whitespace', 'no-loss-of-precision', 'no-misleading-character-class',
    'no-new-native-nonconstructor', 'no-new-wrappers', 'no-obj-calls', 'no-octal', 'no-prototype-builtins', 'no-redeclare', 'no-regex-spaces',
    'no-script-url', 'no-self-assign', 'no-self-compare', 'no-setter-return', 'no-shadow-restricted-names', 'no-sparse-arrays',
    'no-template-curly-in-string', 'no-this-before-super', 'no-throw-literal', 'no-undef', 'no-unexpected-multiline', 'no-unmodified-loop-condition',
    'no-unreachable', 'no-unreachable-loop', 'no-unsafe-finally', 'no-unsafe-negation', 'no-unsafe-optional-chaining', 'no-unused-private-class-members',
    'no-useless-backreference', 'no-useless-catch', 'no-useless-escape', 'no-useless-rename', 'no-var', 'no-with', 'prefer-const', 'radix',
    'require-yield', 'use-isnan', 'valid-typeof',
  ].map((rule) => [rule, 'error']).concat([['no-unused-vars', ['error', { args: 'after-used', ignoreRestSiblings: true }]]])),
}];
