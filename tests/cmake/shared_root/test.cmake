# Two build folders that share a root: the one whose package another process has just generated takes that one.
file(WRITE "${WORK}/dpone" "#!/bin/sh
case \"$2\" in scaffold) '${PREFIX}/bin/dpone' \"$@\" >/dev/null ;; esac
exec '${PREFIX}/bin/dpone' \"$@\"
")
file(CHMOD "${WORK}/dpone" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
configure("-DDPONE_GENERATOR_EXECUTABLE=${WORK}/dpone")
build()
expect_output("demo_api: package_layout: passed")

# Both at once.
file(REMOVE_RECURSE "${SOURCE}/dpone-connector-demo-api" "${BUILD}")
step("${CMAKE_COMMAND}" -E env "log=${WORK}/log" sh -c [[
"$@" -B one >"$log.1" 2>&1 &
"$@" -B two >"$log.2" 2>&1 && wait $! || { cat "$log.1" "$log.2"; exit 1; }
]] sh "${CMAKE_COMMAND}" -E chdir "${WORK}" "${CMAKE_COMMAND}" -S "${SOURCE}" -G "${GENERATOR}" "-DCMAKE_PREFIX_PATH=${PREFIX}")
