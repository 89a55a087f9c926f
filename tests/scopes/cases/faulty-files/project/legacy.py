import simplejson
print "Python 2"
