import vue from 'eslint-plugin-vue'
import typescript from 'typescript-eslint'

const owned = 'belongs to useOwned(): it ends with the one who started it'

export default typescript.config(
  { ignores: ['node_modules', 'test-results', 'src/wire/openapi.d.ts'] },
  ...typescript.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: typescript.parser } },
  },
  {
    files: ['src/**'],
    ignores: ['src/owned/**', 'src/push/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'requestAnimationFrame', 'fetch', 'WebSocket', 'addEventListener'].map(
          (name) => ({ name, message: owned }),
        ),
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "CallExpression[callee.property.name='addEventListener']", message: owned },
        { selector: "NewExpression[callee.name=/Observer$/]", message: owned },
        { selector: "NewExpression[callee.name='AbortController']", message: owned },
        { selector: "CallExpression[callee.object.name='console']", message: 'a logged object is never freed' },
      ],
    },
  },
  {
    rules: {
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always', normal: 'always', component: 'always' } }],
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-len': ['error', { code: 120, ignoreTemplateLiterals: true, ignoreStrings: true }],
    },
  },
)
