#
# make help tells the targets.
#
# NGX_SRC       the nginx tree to build against; the default is the
#               distribution's, from the package nginx-dev
# NGX_CONF_ARGS configure options for any other tree (--with-compat)
# NGINX_BINARY  the nginx that the tests and the demo run (NGINX alone would
#               mean something to nginx itself)
# WERROR=1      warnings are errors
# MEDIA=no      a build that decodes no pictures and videos
# V=1           commands are shown
# DESTDIR       where make install puts its folders
#

NGX_SRC  = /usr/share/nginx/src
NGINX_BINARY = /usr/sbin/nginx
CC       = gcc
MAKEFLAGS += --no-print-directory
JOBS     = $(shell nproc)

MODULE   = build/ngx_http_screen_module.so
SCREEN   = build/ngx-screen
DECODER  = $(if $(HAS_MEDIA),build/ngx-screen-media.so)

SRC      = ngx_http_screen_module
ROOMS    = core scanner bank cli
SOURCES  = $(filter-out $(MEDIA_NOT), \
           $(foreach room,$(ROOMS),$(wildcard $(SRC)/$(room)/*.c)))
MAIN     = $(SRC)/cli/ngx_screen.c
OBJECTS  = $(SOURCES:$(SRC)/%.c=build/obj/%.o)
DECODE   = $(filter build/obj/scanner/screen_decode.o \
           build/obj/scanner/screen_decode_%.o,$(OBJECTS))
ARCHIVE  = build/libscreen.a
UNITS    = $(patsubst t/unit/%.c,build/unit/%,$(wildcard t/unit/test_*.c))
BENCHES  = $(patsubst bench/%.c,build/bench/%,$(wildcard bench/*.c))
FUZZERS  = $(patsubst t/fuzz/%.c,build/fuzz/%,$(wildcard t/fuzz/fuzz_*.c))

WARN     = -Wall -Wextra -Wno-unused-parameter \
           $(if $(WERROR),-Werror,-Werror=implicit-function-declaration)
HARDEN   = -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
INCLUDES = $(ROOMS:%=-I$(SRC)/%)
CFLAGS   = -O2 -g
PIE      = -fPIE
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(CFLAGS) $(WARN) $(HARDEN) $(PIE) \
           -ffp-contract=off $(MEDIA_FLAGS) $(INCLUDES)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LIBS     = -lyara -lpcre2-8 -lseccomp -lcrypto -lcjson -lexpat -lhiredis \
           $(HIREDIS_SSL) -ldl

# of hiredis 1.0 and later; before it there is no TLS
HIREDIS_SSL = $(if $(wildcard $(addsuffix /hiredis/hiredis_ssl.h, \
           /usr/include /usr/local/include)),-lhiredis_ssl -lssl)

# Decoders of media, each only where its library is: libjpeg-turbo and FFmpeg
# together make media possible, libwebp and libheif add to them.  MEDIA=no
# builds without.

header   = $(firstword $(wildcard $(foreach dir,/usr/local/include \
           /usr/include /usr/include/$(shell $(CC) -dumpmachine),$(dir)/$(1))))
lack     = $(foreach file,$(1),$(if $(call header,$(file)),,$(file)))
has      = $(if $(strip $(call lack,$(1))),,yes)

AV       = avformat avcodec avutil swscale

# nginx's configure tells what there is

export MEDIA

ifneq ($(MEDIA),no)
HAS_MEDIA := $(call has,jpeglib.h libavformat/avformat.h \
           libavcodec/avcodec.h libavutil/cpu.h libswscale/swscale.h)
endif

ifeq ($(HAS_MEDIA),yes)
HAS_WEBP := $(call has,webp/decode.h webp/demux.h)
HAS_HEIF := $(call has,libheif/heif.h)
MEDIA_FLAGS = -DSCREEN_MEDIA=1 $(HAS_WEBP:yes=-DSCREEN_MEDIA_WEBP=1) \
           $(HAS_HEIF:yes=-DSCREEN_MEDIA_HEIF=1)
MEDIA_LIBS = -ljpeg $(AV:%=-l%) $(HAS_WEBP:yes=-lwebpdemux -lwebp) \
           $(HAS_HEIF:yes=-lheif)
MEDIA_FOUND = libjpeg, FFmpeg$(HAS_WEBP:yes=, libwebp)$(HAS_HEIF:yes=, libheif)
endif

MEDIA_LACKS = libjpeg62-turbo-dev libavformat-dev libswscale-dev are needed

MEDIA_NOT = $(foreach decoder,$(if $(HAS_MEDIA),,jpeg codec av gif scale) \
           $(if $(HAS_WEBP),,webp) $(if $(HAS_HEIF),,heif), \
           $(SRC)/scanner/screen_decode_$(decoder).c)

# nginx's configure always asks for -Werror
NGX_CC_OPT = $(CFLAGS) $(if $(WERROR),,-Wno-error) $(WARN) $(HARDEN) -fPIC \
           -ffp-contract=off
NGX_LD_OPT = -Wl,-z,relro,-z,now $(LDFLAGS)

MODULE_DEPS = config $(wildcard $(SRC)/edge/*.[ch] $(SRC)/core/*.[ch])

comma    = ,
run      = $(if $(V),$(2),@printf '  %-6s %s\n' $(1) $@; $(2))


.PHONY: all demo test test-asan test-valgrind lint analyze matrix unit style \
           install uninstall fuzz bench deps clean help

all: $(SCREEN) $(DECODER) $(MODULE)


help:
	@echo 'make            build $(SCREEN) and $(MODULE)'
	@echo 'make demo       upload real files through a screening nginx;'
	@echo '                KEEP=1 leaves it running'
	@echo 'make test       everything below t/; T="t/a.t t/b.t" only these'
	@echo 'make test-asan  the same, with sanitizers in nginx, module and'
	@echo '                ngx-screen'
	@echo 'make test-valgrind'
	@echo '                the unit tests, and nginx in some others, in valgrind'
	@echo 'make matrix     all tests in bare systems of Debian 13 and sid'
	@echo 'make unit       the unit tests alone'
	@echo 'make lint       compiles everything with clang, warnings are errors'
	@echo 'make analyze    gcc -fanalyzer and clang-tidy over the rooms'
	@echo 'make style      the style check'
	@echo 'make install    where Debian would put it, below DESTDIR'
	@echo 'make uninstall  takes it away; /etc/nginx/screen stays'
	@echo 'make fuzz       runs each fuzzer for TIME=60 seconds, or RUNS=N times;'
	@echo '                FUZZ="multipart list" only these'
	@echo 'make bench      the measurements, into bench/RESULTS.md; B=NAME: one'
	@echo 'make deps       installs the Debian packages for all of the above'
	@echo 'make clean      removes build/'


# What is to be built is known only when the tools are there: hence the
# second make.

demo:
	tools/install-deps build demo
	@$(MAKE) -j$(JOBS) all
	@NGINX_BINARY=$(NGINX_BINARY) tools/demo

# the fuzzers are built for the test that runs them only
TEST_FUZZERS = $(if $(T),$(if $(filter t/49-fuzz.t,$(T)),$(FUZZERS)),$(FUZZERS))

test:
	tools/install-deps build test $(if $(TEST_FUZZERS),fuzz)
	@$(MAKE) -j$(JOBS) WERROR=1 all $(PROBE) $(HOOKS) $(REFUSE) $(PARTS) \
	    $(UNITS) $(TEST_FUZZERS)
	@$(MAKE) WERROR=1 unit
	@NGINX_BINARY=$(NGINX_BINARY) tools/run-tests $(T)

unit: $(UNITS)
	@set -e; for unit in $(UNITS); do $$unit; done

style:
	@tools/style

deps:
	tools/install-deps build demo test


# Everything again with AddressSanitizer and UndefinedBehaviorSanitizer, in a
# folder of its own.  nginx gets the former only: nginx has its own view of
# pointers.  The sandbox is wider in such a build, a scanner that is made to
# crash would be a report, and the sanitizers' runtime ends a process that
# reaches its memory limit: what is about these, ASAN_NOT, is for the other
# builds, and so are the style check and the fuzzers, which have sanitizers of
# their own.

ASAN     = build/asan
ASAN_NGINX = $(CURDIR)/build/asan-nginx
ASAN_CFLAGS = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
           -fno-sanitize-recover=undefined -DSCREEN_SANITIZE=1
ASAN_MAKE = $(MAKE) -C $(ASAN) CFLAGS='$(ASAN_CFLAGS)' HARDEN= \
           LDFLAGS=-fsanitize=address,undefined \
           NGX_SRC=$(ASAN_NGINX)/source
ASAN_NOT = %/test_sandbox t/46-memory.t t/47-sandbox.t t/49-fuzz.t t/style.t

test-asan:
	tools/install-deps build test sanitize
	tools/debug-nginx $(ASAN_NGINX) -fsanitize=address -fsanitize=address
	tools/variant $(ASAN)
	@$(ASAN_MAKE) -j$(JOBS) all $(PROBE) $(PARTS) $(UNITS)
	@$(ASAN_MAKE) unit UNITS="$(filter-out $(ASAN_NOT),$(UNITS))"
	@cd $(ASAN) && SANITIZE=1 NGINX_BINARY=$(ASAN_NGINX)/nginx \
	    tools/run-tests $(or $(T), \
	    $(filter-out $(ASAN_NOT),$(wildcard t/*.t t/cli/*.t)))


# nginx in valgrind, with the same debugging of its pools; the companions run
# outside, because valgrind's own system calls are none that the sandbox of a
# scanner allows: their code is in the unit tests, but for those that enter
# the sandbox.  Those that have the decoders of media linked in are left out,
# too: a library of theirs uses an instruction, as soon as it is loaded, that
# valgrind 3.19 does not know on every CPU.
#
# All suites would take hours.  These are one or two for each room of the edge:
# the request and how it ends, answers, variables, forms, banks in files and in
# Redis, its client, the cache, what is told, quarantine, look-alikes, reloads.

VALGRIND_NGINX = $(CURDIR)/build/valgrind-nginx
VALGRIND = LD_PRELOAD=$(CURDIR)/$(NO_JIT) valgrind -q --error-exitcode=99 \
           --leak-check=full --show-leak-kinds=definite \
           --errors-for-leak-kinds=definite
VALGRIND_NOT = %/test_sandbox %/test_pool $(MEDIA_UNITS)
VALGRIND_SUITES = 10-intercept 12-http2 13-reject 14-variables 15-abort \
           16-rejected-body 20-multipart 26-bank-replace 30-redis-bank \
           31-redis-client 32-cache 33-status 34-events 35-quarantine \
           36-shared-reports 38-likeness 44-reload

test-valgrind:
	tools/install-deps build test sanitize valgrind
	tools/debug-nginx $(VALGRIND_NGINX)
	@$(MAKE) -j$(JOBS) WERROR=1 all $(PROBE) $(PARTS) $(NO_JIT) $(UNITS)
	@set -e; for unit in $(filter-out $(VALGRIND_NOT),$(UNITS)); do \
	    $(VALGRIND) $$unit; done
	@VALGRIND=1 NGINX_BINARY=$(VALGRIND_NGINX)/nginx \
	    tools/run-tests $(or $(T),$(VALGRIND_SUITES:%=t/%.t))


matrix:
	@tools/matrix


# What is built depends on how it is built; the module's configure also on
# which sources there are.

FLAGS    = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS)
MODULE_FLAGS = $(NGX_SRC) $(NGX_CONF_ARGS) $(NGX_CC_OPT) $(NGX_LD_OPT) \
           $(MODULE_DEPS)

build/flags: FORCE
	@mkdir -p build
	@echo '$(FLAGS)' | cmp -s - $@ || { echo '$(FLAGS)' > $@; \
	    echo '  MEDIA  $(or $(MEDIA_FOUND),none: $(MEDIA_LACKS))'; }

build/module-flags: FORCE
	@mkdir -p build
	@echo '$(MODULE_FLAGS)' | cmp -s - $@ || echo '$(MODULE_FLAGS)' > $@

FORCE:

build/obj/%.o: $(SRC)/%.c build/flags
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<)

$(ARCHIVE): $(filter-out $(MAIN:$(SRC)/%.c=build/obj/%.o) $(DECODE),$(OBJECTS))
	@rm -f $@
	$(call run,AR,ar rcs $@ $^)

# The decoder of media is loaded when it is needed; tests of it and benchmarks
# have it linked in.  What is private is not for build/flags, which would change
# with the object that asks for it first, and everything be built again.

MEDIA_UNITS = build/unit/test_fingerprint \
           $(filter build/unit/test_decode%,$(UNITS))

$(DECODE) build/obj/scanner/screen_wire_now.o: private PIE = -fPIC

$(DECODER): $(DECODE) build/obj/scanner/screen_wire_now.o
	$(call run,LINK,$(CC) -shared $(filter-out -pie,$(ALL_LDFLAGS)) \
	    -Wl$(comma)-z$(comma)defs -o $@ $^ $(MEDIA_LIBS))

$(SCREEN): $(MAIN:$(SRC)/%.c=build/obj/%.o) $(ARCHIVE)
	$(call run,LINK,$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS))

# cmocka 2 calls assertions deprecated whose successors cmocka 1.1 lacks

build/unit/%: t/unit/%.c $(ARCHIVE) build/flags
	@mkdir -p $(@D)
	$(call run,LINK,$(CC) $(ALL_CFLAGS) -Wno-deprecated-declarations \
	    -MMD -MP -MF $@.d $(ALL_LDFLAGS) \
	    -o $@ $< $(UNIT_DECODE) $(ARCHIVE) -lcmocka $(LIBS) \
	    $(if $(UNIT_DECODE),$(MEDIA_LIBS)))

$(MEDIA_UNITS): $(DECODE)
$(MEDIA_UNITS): private UNIT_DECODE = $(DECODE)


# The module, by nginx's own configure and make.  The variables of our command
# line are not for nginx's Makefile: CFLAGS would replace its own.

build/nginx/objs/Makefile: config build/module-flags \
    $(NGX_SRC)/src/core/nginx.h
	$(call run,CONF,tools/configure-nginx $(NGX_SRC) build/nginx . \
	    '$(NGX_CC_OPT)' '$(NGX_LD_OPT)')

$(MODULE): build/nginx/objs/Makefile $(MODULE_DEPS)
	$(if $(V),,@echo '  NGINX  $@';) unset MAKEFLAGS; \
	    $(MAKE) -j$(JOBS) $(if $(V),,-s) \
	    -C build/nginx/src -f ../objs/Makefile modules
	@cp build/nginx/objs/ngx_http_screen_module.so $@.new
	@mv $@.new $@


# A module that only the tests load; it finds the client in $(MODULE).

PROBE    = build/redis_probe.so
PROBE_INCLUDES = $(foreach dir,core event event/modules event/quic os/unix \
           http http/modules http/v2 http/v3,-Ibuild/nginx/src/src/$(dir)) \
           -Ibuild/nginx/objs -I$(SRC)/core -I$(SRC)/edge

$(PROBE): t/lib/redis_probe.c $(MODULE)
	$(call run,LINK,$(CC) -shared -fPIC $(CFLAGS) $(WARN) -D_GNU_SOURCE \
	    $(PROBE_INCLUDES) -o $@ $<)


# What the tests of the sandbox need: an ngx-screen whose scanners do what
# content must not make them do, and a kernel that knows no seccomp.

HOOKS    = build/ngx-screen-hooks
REFUSE   = build/refuse-seccomp

$(HOOKS): t/lib/screen_hooks.c $(MAIN:$(SRC)/%.c=build/obj/%.o) $(ARCHIVE) \
    build/flags
	$(call run,LINK,$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) \
	    -Wl$(comma)--wrap=screen_engine_scan -o $@ \
	    $(filter %.c %.o %.a,$^) $(LIBS))

$(REFUSE): t/lib/refuse_seccomp.c build/flags
	$(call run,LINK,$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<)


# Patterns as valgrind can follow them: interpreted.

NO_JIT   = build/no-jit.so

$(NO_JIT): t/lib/no_jit.c build/flags
	$(call run,LINK,$(CC) -shared -fPIC $(CFLAGS) $(WARN) -o $@ $<)


# Everything compiled again by clang, whose warnings are not gcc's; they are
# errors here.  Nothing of it is linked or run.

LINT_SOURCES = $(SOURCES) $(wildcard $(SRC)/edge/*.c t/unit/*.c t/fuzz/*.c \
           t/lib/*.c bench/*.c)
LINTED   = $(LINT_SOURCES:%.c=build/lint/%.o)
room_includes = $(if $(or $(findstring /edge/,$<),$(findstring probe,$<), \
           $(findstring fuzz_reply,$<)),$(PROBE_INCLUDES),$(INCLUDES))
LINT_FLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) -Werror \
           -Wno-deprecated-declarations $(MEDIA_FLAGS)

lint:
	tools/install-deps build test lint
	@$(MAKE) -j$(JOBS) WERROR=1 $(LINTED)

build/lint/%.o: %.c build/flags | build/nginx/objs/Makefile
	@mkdir -p $(@D)
	$(call run,CLANG,clang $(LINT_FLAGS) $(room_includes) -MMD -MP -c -o $@ $<)


# What gcc -fanalyzer and clang-tidy (.clang-tidy) find in the rooms is an
# error.  A file of which both found nothing is not looked at again before it
# changes.  gcc 12 takes an array that loops fill for uninitialized, and is not
# asked for that: clang's analyzer is, and valgrind.

ANALYZED = $(foreach file,$(SOURCES) $(wildcard $(SRC)/edge/*.c), \
           $(file:%.c=build/analyze/%.o) $(file:%.c=build/analyze/%.tidy))
ANALYZER = -fanalyzer -Wno-analyzer-use-of-uninitialized-value
ANALYZE_FLAGS = -std=gnu11 -D_GNU_SOURCE -DSCREEN_ANALYZE=1 $(WARN) \
           $(MEDIA_FLAGS)

analyze:
	tools/install-deps build analyze
	@$(MAKE) -j$(JOBS) WERROR=1 $(ANALYZED)

build/analyze/%.o: %.c build/flags | build/nginx/objs/Makefile
	@mkdir -p $(@D)
	$(call run,GCC,$(CC) -O1 $(ANALYZER) -Werror $(ANALYZE_FLAGS) \
	    $(room_includes) -MMD -MP -c -o $@ $<)

build/analyze/%.tidy: %.c build/analyze/%.o .clang-tidy
	$(call run,TIDY,clang-tidy --quiet $< -- $(ANALYZE_FLAGS) \
	    $(room_includes) 2> $@.log || { cat $@.log; exit 1; })
	@touch $@


# The parser of forms, for a test that asks another one as well.

PARTS    = build/multipart-parts

$(PARTS): t/lib/multipart_parts.c $(ARCHIVE) build/flags
	$(call run,LINK,$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
	    $(ARCHIVE) $(LIBS))


# Fuzzers, under clang, with what they test instrumented: libFuzzer, and
# AddressSanitizer and UndefinedBehaviorSanitizer around it.

FUZZ_CC  = clang
FUZZ_FLAGS = -std=gnu11 -D_GNU_SOURCE -g -O1 -DSCREEN_SANITIZE=1 \
           -ffp-contract=off $(MEDIA_FLAGS) $(INCLUDES) \
           -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_OBJECTS = $(patsubst $(SRC)/%.c,build/fuzz/obj/%.o, \
           $(filter-out $(MAIN),$(SOURCES)))
FUZZ_ARCHIVE = build/fuzz/libscreen.a
TIME     = 60

build/fuzz/flags: FORCE
	@mkdir -p build/fuzz
	@echo '$(FUZZ_CC) $(FUZZ_FLAGS) $(LIBS)' | cmp -s - $@ \
	    || echo '$(FUZZ_CC) $(FUZZ_FLAGS) $(LIBS)' > $@

build/fuzz/obj/%.o: $(SRC)/%.c build/fuzz/flags
	@mkdir -p $(@D)
	$(call run,FUZZCC,$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link \
	    -MMD -MP -c -o $@ $<)

$(FUZZ_ARCHIVE): $(FUZZ_OBJECTS)
	@rm -f $@
	$(call run,AR,ar rcs $@ $^)

build/fuzz/%: t/fuzz/%.c $(FUZZ_ARCHIVE) build/fuzz/flags
	@mkdir -p $(@D)
	$(call run,FUZZ,$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer \
	    -MMD -MP -MF $@.d -o $@ $< $(FUZZ_ARCHIVE) $(LIBS) \
	    $(MEDIA_LIBS))

# the reader of the worker's client, which needs nginx's headers

FUZZ_REPLY = build/fuzz/obj/edge/ngx_http_screen_redis_reply.o

$(FUZZ_REPLY): FUZZ_FLAGS += $(PROBE_INCLUDES)
$(FUZZ_REPLY): build/nginx/objs/Makefile
build/fuzz/fuzz_reply: FUZZ_FLAGS += $(PROBE_INCLUDES)
build/fuzz/fuzz_reply: FUZZ_ARCHIVE = $(FUZZ_REPLY) build/fuzz/libscreen.a
build/fuzz/fuzz_reply: $(FUZZ_REPLY)

fuzz:
	tools/install-deps build fuzz
	@$(MAKE) -j$(JOBS) $(FUZZERS)
	@TIME=$(TIME) RUNS=$(RUNS) tools/fuzz $(FUZZ)

build/bench/%: bench/%.c $(DECODE) $(ARCHIVE) build/flags
	@mkdir -p $(@D)
	$(call run,LINK,$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d $(ALL_LDFLAGS) \
	    -o $@ $< $(DECODE) $(ARCHIVE) $(LIBS) $(MEDIA_LIBS))

bench: all $(BENCHES)
	@bench/run $(B)


# Debian's places.

MODULES  = $(DESTDIR)/usr/lib/nginx/modules
AVAILABLE = $(DESTDIR)/usr/share/nginx/modules-available
ENABLED  = $(DESTDIR)/etc/nginx/modules-enabled
POLICIES = $(DESTDIR)/etc/nginx/screen
DOC      = $(DESTDIR)/usr/share/doc/ngx-http-screen-module
MAN      = $(DESTDIR)/usr/share/man/man1

install: all
	install -D -m 644 $(MODULE) $(MODULES)/ngx_http_screen_module.so
	install -D -m 755 $(SCREEN) $(DESTDIR)/usr/bin/ngx-screen
	$(if $(DECODER),install -D -m 644 $(DECODER) \
	    $(DESTDIR)/usr/lib/ngx-screen/ngx-screen-media.so)
	install -D -m 644 docs/ngx-screen.1 $(MAN)/ngx-screen.1
	install -d $(AVAILABLE) $(ENABLED) $(DOC)
	echo 'load_module modules/ngx_http_screen_module.so;' \
	    > $(AVAILABLE)/mod-http-screen.conf
	ln -sf /usr/share/nginx/modules-available/mod-http-screen.conf \
	    $(ENABLED)/50-mod-http-screen.conf
	rm -rf $(DOC)/examples
	cp -R examples $(DOC)/examples
	test -e $(POLICIES) || cp -R examples/screen $(POLICIES)
	chmod -R a+rX $(DOC) $(POLICIES)

uninstall:
	rm -f $(MODULES)/ngx_http_screen_module.so
	rm -f $(DESTDIR)/usr/bin/ngx-screen $(MAN)/ngx-screen.1
	rm -rf $(DESTDIR)/usr/lib/ngx-screen
	rm -f $(ENABLED)/50-mod-http-screen.conf
	rm -f $(AVAILABLE)/mod-http-screen.conf
	rm -rf $(DOC)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(UNITS:=.d) $(BENCHES:=.d) $(FUZZ_OBJECTS:.o=.d) \
         $(FUZZERS:=.d) $(LINTED:.o=.d) \
         $(patsubst %.o,%.d,$(filter %.o,$(ANALYZED)))
