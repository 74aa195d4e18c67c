/**
 * Floating-point operations of the F and D extensions: bits in, bits out, flags ORed into fflags. Function names are the
 * mnemonics. Single-precision values are 32 bits without their NaN box; sign injection and moves need no arithmetic and
 * are done by the dispatch. `rm` is a resolved rounding mode, 0 to 4.
 */
export { fadd_d, fadd_s, fsub_d, fsub_s } from './float/add';
export { fclass_d, fclass_s, feq_d, feq_s, fle_d, fle_s, flt_d, flt_s, fmax_d, fmax_s, fmin_d, fmin_s } from './float/compare';
export { fcvt_d_l, fcvt_d_lu, fcvt_d_s, fcvt_d_w, fcvt_d_wu, fcvt_s_d, fcvt_s_l, fcvt_s_lu, fcvt_s_w, fcvt_s_wu } from './float/convert';
export { fdiv_d, fdiv_s } from './float/div';
export { fmadd_d, fmadd_s, fmsub_d, fmsub_s, fnmadd_d, fnmadd_s, fnmsub_d, fnmsub_s } from './float/fma';
export { fcvt_l_d, fcvt_l_s, fcvt_lu_d, fcvt_lu_s, fcvt_w_d, fcvt_w_s, fcvt_wu_d, fcvt_wu_s } from './float/integer';
export { fmul_d, fmul_s } from './float/mul';
export { fsqrt_d, fsqrt_s } from './float/sqrt';
