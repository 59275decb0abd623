# SPDX-License-Identifier: Apache-2.0
# A short front for meson and ninja; each target is a script that can be read and run by itself.
.PHONY: build check demo lint bench fuzz asan install clean
build:   ; @script/build
check:   ; @script/test
demo:    ; @script/demo
lint:    ; @script/lint
bench:   ; @script/bench
fuzz:    ; @script/fuzz
asan:    ; @script/test asan
install: ; @script/build --release && meson install -C build-release --no-rebuild
clean:   ; rm -rf build build-*
