// What the bundler does beside JupyterLab's own configuration: it writes the page's half as small as it can.
const rspack = require('@rspack/core');

module.exports = {
  target: ['web', 'es2020'],
  module: {
    rules: [
      {
        test: /\.css$/,
        include: /labextension[\\/]style/,
        enforce: 'pre',
        use: [{ loader: 'builtin:lightningcss-loader', options: { minify: true } }]
      }
    ]
  },
  optimization: {
    mangleExports: 'size',
    moduleIds: 'natural',
    chunkIds: 'natural',
    minimizer: [
      new rspack.SwcJsMinimizerRspackPlugin({
        minimizerOptions: {
          ecma: 2020,
          compress: { passes: 6, ecma: 2020, unsafe_arrows: true, keep_fargs: false },
          // Private methods, too; not `_n`, which is a translator's, nor what is JupyterLab's.
          mangle: { props: { regex: '^_[a-z]\\w', reserved: ['_displayIdMap', '_panelHandlers'] } },
          format: { comments: false, ecma: 2020 }
        }
      })
    ]
  }
};
