# AppPreflight. Two commands matter: make demo, make test. Both do all their set-up (as root, on Debian 12 with the .NET SDK).

export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_NOLOGO = 1
export DOTNET_CLI_USE_MSBUILD_SERVER = 0
export MSBUILDDISABLENODEREUSE = 1
export LC_ALL = C.UTF-8

SLN     = AppPreflight.sln
PROGRAM = artifacts/app-preflight/app-preflight

ROUNDS  = 5
SIZE    = 1000
PAPER   = docs/performance.md
COUNT   = 1000000

.DEFAULT_GOAL = help
.PHONY: help demo test damages fuzz sweep bench publish deb package-test fmt clean setup restore

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: publish setup ## the main job on a real engine and registry: check, repair, proof (under two minutes)
	@echo "building and starting the rehearsal: its own engine, registry and appliance, on loopback"
	@dotnet run --project tests/AppPreflight.Rehearsal --no-restore -- demo --program $(PROGRAM)

test: setup publish ## all tests, against a private engine and registry
	dotnet format $(SLN) --no-restore --verify-no-changes --severity warn
	tests/run-tests.sh $(SLN) --no-restore

damages: publish setup ## every damage there is: its verdict, its culprit, whether it was healed (a few minutes)
	@dotnet run --project tests/AppPreflight.Rehearsal --no-restore -- damages --program $(PROGRAM)

fuzz: restore ## every parser against COUNT spoilt inputs (TARGET=name for one, SEED=n, FROM=n, LONGEST=bytes); figures in artifacts/fuzz/figures.md
	APP_PREFLIGHT_FUZZ_COUNT=$(COUNT) APP_PREFLIGHT_FUZZ_TARGET=$(TARGET) APP_PREFLIGHT_FUZZ_SEED=$(SEED) APP_PREFLIGHT_FUZZ_FROM=$(FROM) APP_PREFLIGHT_FUZZ_LONGEST=$(LONGEST) \
	dotnet test tests/AppPreflight.Tests --no-restore -c Release --filter FullyQualifiedName~Fuzz.FuzzTests --logger "console;verbosity=normal"

sweep: publish setup ## kills a repair at every step, and robs it of engine and registry there, for every curable damage (long)
	@dotnet run --project tests/AppPreflight.Rehearsal --no-restore -- sweep --program $(PROGRAM)

bench: publish setup ## speed and memory beside docker, skopeo and openssl; writes docs/performance.md (BIG=1: also a 10 GB image; ONLY=compare: that section alone)
	@dotnet run --project tests/AppPreflight.Rehearsal --no-restore -c Release -- bench --program $(PROGRAM) --rounds $(ROUNDS) --size $(SIZE) $(if $(BIG),--big 10000) $(if $(ONLY),--only $(ONLY)) --paper $(PAPER)

publish: restore ## the program exactly as it ships, in artifacts/app-preflight
	dotnet publish src/AppPreflight/AppPreflight.csproj --no-restore -c Release -r linux-x64 -o artifacts/app-preflight

deb: ## the Debian package, in artifacts
	tests/setup.sh dpkg-dev debhelper bash-completion scdoc python3
	packaging/build-deb.sh artifacts

package-test: setup restore ## the package's tests only: built, installed and purged on a bare Debian under its own systemd
	tests/run-tests.sh $(SLN) --no-restore --filter FullyQualifiedName~Packaging.Package

fmt: restore ## bring all files into style
	dotnet format $(SLN) --no-restore --severity warn

clean: ## remove everything that was built
	rm -rf artifacts
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +

# engine and registry of the rehearsal, from Debian; their own services are not started
setup:
	tests/setup.sh

restore:
	dotnet restore $(SLN) --locked-mode
